"""Status: where a request is now."""

import math
from collections import Counter
from collections.abc import Sequence

from core.domain.errors import NotFound
from core.domain.ids import RequestId
from core.domain.jobs import Job, JobState
from core.domain.kinds.kind import Kind
from core.domain.queue.lanes import lanes_of
from core.domain.requests import Request, RequestState, RequestStatus
from core.ports.store import ReadTransaction, Transaction

AHEAD_MAX = 1_000
"""The queue position is counted up to here, so that a long queue does not make the question dear."""
_JOB_MS_GUESS = 10_000


def status(
    tx: ReadTransaction | Transaction, *, request_id: RequestId, now_ms: int, online_s: int = 300
) -> RequestStatus:
    """Return the request's state, results and progress; raises ``NotFound``."""
    request, jobs, results = tx.jobs.with_request(request_id)
    if request is None:
        message = f"There is no request {request_id}. It may be too old, or made elsewhere; check the id."
        raise NotFound(message, code="RequestNotFound")
    counts = Counter(job.state for job in jobs)
    waiting, processing = counts[JobState.WAITING], counts[JobState.LEASED]
    is_open = request.state is RequestState.OPEN
    position, wait_s, is_possible = (0, 0, True)
    if is_open:
        position, wait_s, is_possible = _outlook(tx, request, jobs, waiting, since_ms=now_ms - online_s * 1_000)
    return RequestStatus(
        request_id=request_id,
        account_id=request.account_id,
        state=request.state,
        waiting=waiting,
        processing=processing,
        finished=counts[JobState.DONE],
        restarted=sum(job.tries for job in jobs),
        faulted=request.state in (RequestState.FAULTED, RequestState.EXPIRED),
        done=not is_open,
        is_possible=is_possible or processing > 0,
        queue_position=position,
        wait_time_s=wait_s,
        price_mk=request.price_mk,
        results=tuple(results),
        spent_mk=_spent_mk(tx, request, jobs),
        kind=request.draft.kind,
        progress=tuple(tx.jobs.progress_of(request_id)) if processing else (),
        prompt=request.draft.prompt,
        models=request.draft.models,
        asked_at_ms=request.asked_at_ms,
        expires_at_ms=request.expires_at_ms,
    )


def _spent_mk(tx: ReadTransaction | Transaction, request: Request, jobs: Sequence[Job]) -> int:
    """Return what the finished jobs cost; of a text that is known from the ledger alone, as its length decides."""
    held_mk = sum(job.price_mk for job in jobs if job.state is JobState.DONE)
    if request.draft.kind is not Kind.TEXT or held_mk == 0:
        return held_mk
    held = tx.ledger.hold(request.id)
    return held_mk if held is None else held.posted_mk


def _outlook(
    tx: ReadTransaction | Transaction, request: Request, jobs: Sequence[Job], waiting: int, *, since_ms: int
) -> tuple[int, int, bool]:
    """Return the queue position, a guess of the seconds to wait, and whether a worker could take the request."""
    fitting = tx.workers.fitting(tuple(dict.fromkeys(lanes_of(request.draft))), since_ms=since_ms)
    if not waiting:
        return 0, 0, bool(fitting)
    first = min((job.due_ms, job.id) for job in jobs if job.state is JobState.WAITING)
    position = tx.jobs.ahead(first, kind=request.draft.kind, limit=AHEAD_MAX) + 1
    threads = sum(max(worker.offer.threads, 1) for worker in fitting) or 1
    known = [worker.job_ms for worker in fitting if worker.job_ms]
    job_ms = sum(known) / len(known) if known else _JOB_MS_GUESS
    return position, math.ceil((position - 1 + waiting) * job_ms / threads / 1_000), bool(fitting)
