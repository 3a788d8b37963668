"""Expire: requests past their time stop waiting."""

from core.domain.jobs import JobState
from core.domain.requests import RequestState
from core.ports.store import Transaction
from core.services.kudos.void import void
from core.services.queue.settle import settle


def expire(tx: Transaction, *, now_ms: int, limit: int = 200) -> int:
    """Return how many requests were past their time: their waiting jobs are expired and their share given back.

    A job in work is left to its worker; its request is closed when that one ends.
    """
    due = sorted(request.id for request in tx.requests.past_expiry(now_ms, limit=limit))
    for request_id in due:
        request = tx.requests.take(request_id)
        if request is None or request.state is not RequestState.OPEN:
            continue
        expired_mk = tx.jobs.move_waiting(request.id, to=JobState.EXPIRED, now_ms=now_ms)
        if expired_mk:
            void(tx, hold_id=request.id, amount_mk=expired_mk)
        settle(tx, request, now_ms=now_ms)
    return len(due)
