"""Settle: what follows when a job or a whole request comes to its end."""

from core.domain.events import EventKind
from core.domain.ids import RequestId
from core.domain.jobs import JobState, LeaseState, LeaseView
from core.domain.requests import Request, RequestState
from core.ports.store import Transaction
from core.services.kudos.void import void

_EVENT_OF = {
    RequestState.DONE: EventKind.REQUEST_FINISHED,
    RequestState.FAULTED: EventKind.REQUEST_FAULTED,
    RequestState.CANCELLED: EventKind.REQUEST_CANCELLED,
    RequestState.EXPIRED: EventKind.REQUEST_EXPIRED,
}


def settle(tx: Transaction, request: Request, *, now_ms: int) -> bool:
    """Return True if no job is left to do: the request is then closed, its hold given back, its event written."""
    if request.state is not RequestState.OPEN:
        return False
    counts = tx.jobs.counts(request.id)
    if counts.get(JobState.WAITING, 0) or counts.get(JobState.LEASED, 0):
        return False
    done = counts.get(JobState.DONE, 0)
    if request.cancelled_at_ms is not None:
        state = RequestState.CANCELLED
    elif done:
        state = RequestState.DONE
    elif counts.get(JobState.FAULTED, 0):
        state = RequestState.FAULTED
    else:
        state = RequestState.EXPIRED
    tx.requests.close(request.id, state=state, now_ms=now_ms)
    void(tx, hold_id=request.id)
    tx.events.add(
        _EVENT_OF[state],
        request_id=request.id,
        account_id=request.account_id,
        now_ms=now_ms,
        body={
            "kind": request.draft.kind.value,
            "done": done,
            "faulted": counts.get(JobState.FAULTED, 0),
            "cancelled": counts.get(JobState.CANCELLED, 0),
            "expired": counts.get(JobState.EXPIRED, 0),
        },
    )
    return True


def settle_by_id(tx: Transaction, request_id: RequestId, *, now_ms: int) -> bool:
    """Return what ``settle`` says of the request of this id; False if there is none."""
    request = tx.requests.get(request_id)
    return request is not None and settle(tx, request, now_ms=now_ms)


def give_back(
    tx: Transaction,
    view: LeaseView,
    *,
    lease_state: LeaseState,
    tries_max: int | None,
    now_ms: int,
) -> JobState:
    """Return the job's new state after its lease ended without a result.

    It waits again, unless nobody wants it any more (cancelled), its request is past its time (expired), or this was
    the last of its tries (faulted); then its share of the hold is given back. tries_max: None counts no try.
    """
    request = tx.requests.get(view.request_id)
    tx.jobs.end_lease(view.lease_id, state=lease_state, now_ms=now_ms)
    if request is None or view.job_state is not JobState.LEASED:
        return view.job_state
    if request.cancelled_at_ms is not None:
        to = JobState.CANCELLED
    elif tries_max is not None and view.tries + 1 >= tries_max:
        to = JobState.FAULTED
    elif request.expires_at_ms <= now_ms:
        to = JobState.EXPIRED
    else:
        to = JobState.WAITING
    tx.jobs.move(view.job_id, to=to, now_ms=now_ms, tried=tries_max is not None)
    if to is not JobState.WAITING:
        void(tx, hold_id=request.id, amount_mk=view.price_mk)
        settle(tx, request, now_ms=now_ms)
    return to
