"""Tell: a worker that asks for more learns which of the jobs in its hands nobody wants any more."""

from dataclasses import replace

from core.domain.ids import RequestId
from core.domain.jobs import JobState, LeaseState, Popped
from core.ports.store import Transaction
from core.services.queue.settle import take_back


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
