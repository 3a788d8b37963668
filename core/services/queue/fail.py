"""Fail and release: a worker gives its job up."""

from core.domain.ids import AccountId, JobId, LeaseId
from core.domain.jobs import JobState, LeaseState
from core.domain.policy import QueuePolicy
from core.ports.store import Transaction
from core.services.queue.complete import check_submit
from core.services.queue.lease import take_lease
from core.services.queue.settle import give_back
from core.services.workers.aborted import aborted


def fail(
    tx: Transaction,
    *,
    job_id: JobId,
    account_id: AccountId,
    policy: QueuePolicy,
    now_ms: int,
    lease_id: LeaseId | None = None,
) -> JobState:
    """Return the job's state after the worker could not make it: it waits again, or was tried too often (faulted).

    Raises what ``take_lease`` raises, and ``LeaseLost`` or ``DuplicateSubmission`` where the job is no longer its own.
    """
    view = take_lease(tx, job_id=job_id, account_id=account_id, lease_id=lease_id)
    check_submit(view)
    state = give_back(tx, view, lease_state=LeaseState.FAILED, tries_max=policy.tries_max, now_ms=now_ms)
    if view.job_state is JobState.LEASED and state is not JobState.CANCELLED:
        aborted(tx, view=view, policy=policy, now_ms=now_ms)
    return state
