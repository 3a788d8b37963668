"""Progress: a worker says how far it is, keeps its lease by that, and learns whether to stop."""

from core.domain.ids import AccountId, JobId, LeaseId
from core.domain.jobs import JobState, LeaseState, ProgressReply
from core.ports.store import Transaction
from core.services.queue.lease import take_lease
from core.services.queue.settle import give_back


def progress(
    tx: Transaction,
    *,
    job_id: JobId,
    account_id: AccountId,
    step: int,
    steps: int,
    now_ms: int,
    lease_id: LeaseId | None = None,
) -> ProgressReply:
    """Return whether the job is still wanted, and until when it may be worked on.

    The lease moves only for workers that report. One whose lease lapsed meanwhile gets its job back if it still
    waits. A cancelled job's lease ends with this answer. Raises what ``take_lease`` raises.
    """
    view = take_lease(tx, job_id=job_id, account_id=account_id, lease_id=lease_id)
    expires_at_ms = now_ms + view.ttl_s * 1_000 if view.reports else view.lease_expires_at_ms
    held = view.job_state is JobState.LEASED and view.is_current and view.lease_state is LeaseState.ACTIVE
    if not held and view.lease_state is LeaseState.LAPSED and view.reports:
        held = tx.claims.again(view, expires_at_ms=expires_at_ms)
    if not held:
        return ProgressReply(cancelled=True, lease_expires_at_ms=view.lease_expires_at_ms)
    request = tx.requests.get(view.request_id)
    if request is None or request.cancelled_at_ms is not None:
        give_back(tx, view, lease_state=LeaseState.RELEASED, tries_max=None, now_ms=now_ms)
        return ProgressReply(cancelled=True, lease_expires_at_ms=view.lease_expires_at_ms)
    steps = max(steps, 0)
    tx.jobs.renew(view, expires_at_ms=expires_at_ms, step=min(max(step, 0), steps), steps=steps)
    return ProgressReply(cancelled=False, lease_expires_at_ms=expires_at_ms)
