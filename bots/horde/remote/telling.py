"""How far another horde's request is, as it was told last: for the desk, and for pages that know only its id."""

from typing import Final

from bots.store.remote import RemoteState, remote, results_of
from core.domain.ids import RequestId
from core.domain.requests import RequestState, RequestStatus
from core.ports.store import ReadTransaction, Transaction

_STATE_OF: Final = {
    RemoteState.DONE: RequestState.DONE,
    RemoteState.FAULTED: RequestState.FAULTED,
    RemoteState.CANCELLED: RequestState.CANCELLED,
    RemoteState.EXPIRED: RequestState.EXPIRED,
}


def remote_status(tx: ReadTransaction | Transaction, *, request_id: RequestId) -> RequestStatus | None:
    """Returns where the order is, None where it is no order to another horde."""
    row = remote(tx, request_id=request_id)
    if row is None:
        return None
    known, is_asked = row.progress, row.state is RemoteState.ASKED
    ended = _STATE_OF.get(row.state)
    return RequestStatus(
        request_id=row.id,
        account_id=row.account_id,
        state=ended or RequestState.OPEN,
        waiting=known.waiting if is_asked else 0 if ended else row.jobs,
        processing=known.processing if is_asked else 0,
        finished=known.finished,
        restarted=known.restarted,
        faulted=ended in {RequestState.FAULTED, RequestState.EXPIRED},
        done=ended is not None,
        is_possible=known.is_possible,
        queue_position=known.queue_position if is_asked else 0,
        wait_time_s=known.wait_time_s if is_asked else 0,
        price_mk=row.price_mk,
        results=results_of(tx, request_id=row.id) if ended else (),
        progress=(),
        spent_mk=row.spent_mk,
        kind=row.kind,
        prompt=row.prompt,
        models=row.models,
        asked_at_ms=row.asked_at_ms,
        expires_at_ms=row.expires_at_ms,
    )
