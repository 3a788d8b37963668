"""Pop: a worker takes the first job that fits it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from core.domain.events import EventKind
from core.domain.ids import AccountId, JobId, LeaseId, WorkerId, new_id
from core.domain.jobs import Candidate, Lease, Leased, Popped
from core.domain.policy import QueuePolicy
from core.domain.queue.leasing import lease_s
from core.domain.queue.matching import Capability, capability_of, misfit, model_for, refusal
from core.domain.requests import Request
from core.domain.workers.offer import WorkerOffer
from core.domain.workers.worker import Greeting
from core.ports.store import Transaction
from core.services.workers.greet import greet

HEADS = 8
"""Candidates a round: where several processes claim at once, one of these is still there."""
CLAIM_ROUNDS_MAX = 32


def pop(tx: Transaction, *, offer: WorkerOffer, policy: QueuePolicy, now_ms: int, limit: int = 1) -> Popped:
    """Return up to ``limit`` leased jobs of one request, or none and why waiting jobs were skipped.

    The worker is registered at its first pop; another start id than before gives back what its earlier life held.
    Its owner's jobs come first, together with those of ``priority_usernames``; then whatever is due first.
    Raises what ``greet`` raises, and ``WorkerMaintenance`` where the worker is in it and its people have no job for it.
    """
    greeting = greet(tx, offer, policy=policy, now_ms=now_ms)
    worker_id = greeting.worker_id
    capability = capability_of(offer, worker_id=worker_id, trusted=greeting.trusted, slow=greeting.slow)
    free, looked_at = tx.lanes.fitting(capability)
    if offer.blacklist:
        free, looked_at = (), (*free, *looked_at)
    if free or looked_at:
        for candidate in _candidates(tx, offer, greeting, free, looked_at, policy=policy):
            first = _claim(tx, candidate, offer, worker_id=worker_id, policy=policy, now_ms=now_ms)
            if first is not None:
                more = _claim_more(tx, first, offer, count=limit - 1, policy=policy, now_ms=now_ms)
                return Popped(jobs=(first, *more), worker_id=worker_id, messages=greeting.messages)
    if greeting.closed is not None:
        raise greeting.closed
    return Popped(skipped=_skipped(tx, capability, now_ms), worker_id=worker_id, messages=greeting.messages)


def _candidates(
    tx: Transaction,
    offer: WorkerOffer,
    greeting: Greeting,
    free: Sequence[int],
    looked_at: Sequence[int],
    *,
    policy: QueuePolicy,
) -> Iterator[Candidate]:
    """Yield fitting jobs, the best first: people first, then everyone, until the lanes are used up.

    A worker in maintenance has nobody after its people.
    """
    worker_id, people = greeting.worker_id, greeting.people_first
    for account_ids in (people,) if greeting.closed is not None else (people, None):
        for _ in range(CLAIM_ROUNDS_MAX):
            found = list(tx.jobs.heads(free, per_lane=1, limit=HEADS, account_ids=account_ids)) if free else []
            if looked_at:
                found += _look(tx, offer, worker_id, looked_at, account_ids=account_ids, policy=policy)
                found.sort(key=lambda candidate: (candidate.due_ms, candidate.job_id))
            if not found:
                break
            yield from found


def _look(
    tx: Transaction,
    offer: WorkerOffer,
    worker_id: WorkerId,
    lane_ids: Sequence[int],
    *,
    account_ids: Sequence[AccountId] | None,
    policy: QueuePolicy,
) -> list[Candidate]:
    """Return the first fitting job of each lane among its next ``scan_max``; the next look goes on after those."""
    marks: Mapping[int, tuple[int, JobId]] = {}
    if account_ids is None:
        marks = {lane: mark for lane in lane_ids if (mark := tx.lanes.mark(worker_id, lane)) is not None}
    seen = tx.jobs.heads(
        lane_ids, per_lane=policy.scan_max, limit=policy.scan_max * len(lane_ids), account_ids=account_ids, after=marks
    )
    fitting: dict[int, Candidate] = {}
    refused: Counter[int] = Counter()
    last: dict[int, Candidate] = {}
    for candidate in seen:
        if candidate.lane_id in fitting:
            continue
        request = tx.requests.get(candidate.request_id)
        if (
            request is not None
            and refusal(request.draft, offer, worker_id=worker_id, ordinal=candidate.ordinal) is None
        ):
            fitting[candidate.lane_id] = candidate
        else:
            refused[candidate.lane_id] += 1
            last[candidate.lane_id] = candidate
    if account_ids is None:
        for lane in lane_ids:
            if lane in fitting:
                continue
            full = refused[lane] >= policy.scan_max
            tx.lanes.set_mark(worker_id, lane, (last[lane].due_ms, last[lane].job_id) if full else None)
    return list(fitting.values())


def _claim(
    tx: Transaction,
    candidate: Candidate,
    offer: WorkerOffer,
    *,
    worker_id: WorkerId,
    policy: QueuePolicy,
    now_ms: int,
) -> Leased | None:
    """Return the job, now leased to the worker, or None where someone else was faster."""
    request = tx.requests.get(candidate.request_id)
    if request is None:
        return None
    model = model_for(request.draft, offer, candidate.ordinal)
    ttl_s = lease_s(request.draft, model=model, offer=offer, policy=policy, ordinal=candidate.ordinal)
    lease = Lease(
        id=LeaseId(new_id()),
        job_id=candidate.job_id,
        worker_id=worker_id,
        model=model,
        granted_at_ms=now_ms,
        expires_at_ms=now_ms + ttl_s * 1_000,
        ttl_s=ttl_s,
        reports=offer.reports_progress,
    )
    job = tx.jobs.claim(candidate, lease)
    if job is None:
        return None
    tx.events.add(
        EventKind.JOB_LEASED,
        request_id=request.id,
        account_id=request.account_id,
        now_ms=now_ms,
        body={"job_id": job.id, "worker_name": offer.name},
    )
    return _leased(request, lease, seed=job.seed, ordinal=job.ordinal)


def _leased(request: Request, lease: Lease, *, seed: int, ordinal: int) -> Leased:
    """Return what the worker is told about its job."""
    draft = request.draft
    return Leased(
        job_id=lease.job_id,
        request_id=request.id,
        lease_id=lease.id,
        lease_expires_at_ms=lease.expires_at_ms,
        worker_id=lease.worker_id,
        kind=draft.kind,
        model=lease.model,
        prompt=draft.prompt,
        params=draft.params,
        ordinal=ordinal,
        seed=seed,
        nsfw=draft.nsfw,
        censor_nsfw=draft.censor_nsfw,
        r2=draft.r2,
        ttl_s=lease.ttl_s,
        extra=draft.extra,
    )


def _claim_more(
    tx: Transaction, first: Leased, offer: WorkerOffer, *, count: int, policy: QueuePolicy, now_ms: int
) -> list[Leased]:
    """Return up to ``count`` further jobs of the first one's request, leased to the same worker."""
    more: list[Leased] = []
    if count > 0:
        for candidate in tx.jobs.waiting_in(first.request_id, limit=count):
            leased = _claim(tx, candidate, offer, worker_id=first.worker_id, policy=policy, now_ms=now_ms)
            if leased is not None:
                more.append(leased)
    return more


def _skipped(tx: Transaction, capability: Capability, now_ms: int) -> Mapping[str, int]:
    """Return how many waiting jobs the worker cannot take, by v2 reason."""
    skipped: Counter[str] = Counter()
    for lane_id, waiting in tx.lanes.waiting_by_lane(now_ms).items():
        lane = tx.lanes.get(lane_id)
        reason = misfit(lane, capability) if lane is not None else None
        if reason is not None and reason != "kind":
            skipped[reason] += waiting
    return dict(skipped)
