"""Settle: what follows when a job or a whole request comes to its end."""

from collections.abc import Sequence

from core.domain.events import EventKind
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
    """Return True if no job is left to do: the request is then closed, its hold given back, its event written.

    The request must have been taken: of two transactions that end its last two jobs at once, the later one sees both.
    """
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
    request = tx.requests.take(view.request_id)
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
    tx.jobs.move(view, to=to, now_ms=now_ms, tried=tries_max is not None)
    if to is not JobState.WAITING:
        void(tx, hold_id=request.id, amount_mk=view.price_mk)
        settle(tx, request, now_ms=now_ms)
    return to


def take_back(
    tx: Transaction, views: Sequence[LeaseView], *, lease_state: LeaseState, tries_max: int | None, now_ms: int
) -> list[tuple[LeaseView, JobState]]:
    """Return those of the leases that were still active, and what became of their jobs, which were given back.

    They may have been read before anything was taken. They are taken in the order of their requests, so that two that
    take the same ones do not wait for each other.
    """
    taken = []
    for seen in sorted(views, key=lambda view: (view.request_id, view.job_id)):
        view = tx.jobs.take_lease(seen.job_id, lease_id=seen.lease_id)
        if view is not None and view.lease_state is LeaseState.ACTIVE:
            state = give_back(tx, view, lease_state=lease_state, tries_max=tries_max, now_ms=now_ms)
            taken.append((view, state))
    return taken
