"""Progress: a worker says how far it is, keeps its lease by that, and learns whether to stop."""

from dataclasses import replace

from core.domain.ids import AccountId, JobId, LeaseId, RequestId
from core.domain.jobs import JobState, LeaseState, Popped, ProgressReply
from core.ports.store import Transaction
from core.services.queue.lease import take_lease
from core.services.queue.settle import give_back, take_back


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


def tell(tx: Transaction, popped: Popped, *, now_ms: int) -> Popped:
    """Return the pop with what its worker has in hand: the requests, and the jobs that were cancelled.

    The leases of the cancelled ones end with this answer, as with that to a progress report.
    """
    if popped.worker_id is None:
        return popped
    views = tx.jobs.active_leases(popped.worker_id)
    if not views:
        return popped
    unwanted = [view for view in views if _is_cancelled(tx, view.request_id)]
    ended = take_back(tx, unwanted, lease_state=LeaseState.RELEASED, tries_max=None, now_ms=now_ms) if unwanted else []
    cancelled = tuple(view.job_id for view, state in ended if state is JobState.CANCELLED)
    in_hand = tuple(dict.fromkeys(view.request_id for view in views if view.job_id not in cancelled))
    return replace(popped, in_hand=in_hand, cancelled=cancelled)


def _is_cancelled(tx: Transaction, request_id: RequestId) -> bool:
    """Tell whether its owner wants no more of the request."""
    request = tx.requests.get(request_id)
    return request is not None and request.cancelled_at_ms is not None
