"""Release: a worker hands its job back unharmed."""

from core.domain.ids import AccountId, JobId, LeaseId
from core.domain.jobs import JobState, LeaseState
from core.ports.store import Transaction
from core.services.queue.lease import take_lease
from core.services.queue.settle import give_back


def release(
    tx: Transaction,
    *,
    job_id: JobId,
    account_id: AccountId,
    now_ms: int,
    lease_id: LeaseId | None = None,
) -> JobState:
    """Return the job's state after the worker gave it back: it waits again, and no try is counted.

    Giving back what is no longer held changes nothing. Raises what ``take_lease`` raises.
    """
    view = take_lease(tx, job_id=job_id, account_id=account_id, lease_id=lease_id)
    if view.lease_state is not LeaseState.ACTIVE:
        return view.job_state
    return give_back(tx, view, lease_state=LeaseState.RELEASED, tries_max=None, now_ms=now_ms)
