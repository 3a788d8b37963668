"""Cancel: its owner wants no more of a request."""

from core.domain.errors import NotFound
from core.domain.events import EventKind
from core.domain.ids import RequestId
from core.domain.jobs import JobState
from core.domain.requests import RequestState
from core.ports.store import Transaction
from core.services.kudos.void import void
from core.services.queue.settle import settle


def cancel(tx: Transaction, *, request_id: RequestId, now_ms: int) -> bool:
    """Return True if the request was open; its waiting jobs are cancelled and their share of the hold given back.

    Workers of jobs in work are told at their next progress report, or at once on a held pop; one that hands in all the
    same is paid. The final event comes when the last of them has ended. Raises ``NotFound``.
    """
    request = tx.requests.take(request_id)
    if request is None:
        message = f"There is no request {request_id}. It may have been made elsewhere; check the id."
        raise NotFound(message, code="RequestNotFound")
    if request.state is not RequestState.OPEN:
        return False
    first = request.cancelled_at_ms is None
    if first:
        tx.requests.mark_cancelled(request_id, now_ms=now_ms)
    cancelled_mk = tx.jobs.move_waiting(request_id, to=JobState.CANCELLED, now_ms=now_ms)
    if cancelled_mk:
        void(tx, hold_id=request_id, amount_mk=cancelled_mk)
    marked = tx.requests.get(request_id)
    if marked is not None and not settle(tx, marked, now_ms=now_ms) and first:
        # Workers that hold a pop open beside the job are told at once by this.
        tx.events.add(
            EventKind.CANCEL_ASKED,
            request_id=request_id,
            account_id=request.account_id,
            now_ms=now_ms,
            body={"kind": request.draft.kind.value},
        )
    return True
