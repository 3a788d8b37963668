"""Lease: the lease that a worker means when it names a job."""

from core.domain.errors import NotFound, NotPermitted
from core.domain.ids import AccountId, JobId, LeaseId
from core.domain.jobs import LeaseView
from core.ports.store import ReadTransaction, Transaction


def lease_of(
    tx: ReadTransaction | Transaction, *, job_id: JobId, account_id: AccountId, lease_id: LeaseId | None = None
) -> LeaseView:
    """Return the lease: the one of ``lease_id``, else the owner's present or latest lease of the job.

    account_id: the worker's owner. Raises ``NotFound`` where that account never had the job, ``NotPermitted`` where
    the lease is another account's. Ask for the upload key of ``lease_id``: an earlier lease of the same owner differs.
    """
    view = tx.jobs.lease(lease_id) if lease_id is not None else tx.jobs.lease_of(job_id, owner_id=account_id)
    return _checked(view, job_id=job_id, account_id=account_id)


def take_lease(tx: Transaction, *, job_id: JobId, account_id: AccountId, lease_id: LeaseId | None = None) -> LeaseView:
    """Return the lease as ``lease_of`` does, to be changed: its request is this transaction's until it ends."""
    view = tx.jobs.take_lease(job_id, owner_id=account_id, lease_id=lease_id)
    return _checked(view, job_id=job_id, account_id=account_id)


def _checked(view: LeaseView | None, *, job_id: JobId, account_id: AccountId) -> LeaseView:
    """Return the lease if there is one and it is this account's."""
    if view is None or view.job_id != job_id:
        message = f"There is no job {job_id} that a worker of this account has taken. Check the id and the key."
        raise NotFound(message, code="InvalidJobID")
    if view.owner_id != account_id:
        message = f"The job {job_id} was taken by a worker of another account. Submit with that worker's key."
        raise NotPermitted(message, code="WrongCredentials")
    return view
