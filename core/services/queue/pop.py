"""Pop: a worker takes the first job that fits it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from core.domain.events import EventKind
from core.domain.ids import AccountId, JobId, LeaseId, WorkerId, new_id
from core.domain.jobs import Candidate, Claimed, Lease, Leased, Popped
from core.domain.policy import QueuePolicy
from core.domain.queue.leasing import lease_s
from core.domain.queue.matching import Capability, capability_of, misfit, model_for, refusal
from core.domain.workers.offer import WorkerOffer
from core.domain.workers.worker import Greeting
from core.ports.store import Transaction
from core.services.workers.greet import greet

HEADS = 8
"""Candidates a round where jobs are looked at: what one round misses, another transaction has in its hands."""
ROUNDS_MAX = 8


def pop(tx: Transaction, *, offer: WorkerOffer, policy: QueuePolicy, now_ms: int, limit: int = 1) -> Popped:
    """Return up to ``limit`` leased jobs of one request, or none and why waiting jobs were skipped.

    The worker is registered at its first pop; another start id than before gives back what its earlier life held.
    Its owner's jobs come first, together with those of ``priority_usernames``; then whatever is due first.
    Raises what ``greet`` raises, and ``WorkerMaintenance`` where the worker is in it and its people have no job for it.
    """
    greeting = greet(tx, offer, policy=policy, now_ms=now_ms)
    worker_id = greeting.worker_id
    capability = capability_of(offer, worker_id=worker_id, trusted=greeting.trusted, slow=greeting.slow)
    lease_id = LeaseId(new_id())
    first = _first(tx, offer, greeting, capability, lease_id=lease_id, policy=policy)
    if first is not None:
        claimed = [first]
        if limit > 1:
            claimed += tx.claims.more(first.job.request_id, [LeaseId(new_id()) for _ in range(limit - 1)])
        jobs = [_leased(tx, one, offer, greeting, policy=policy, now_ms=now_ms) for one in claimed]
        return Popped(jobs=tuple(jobs), worker_id=worker_id, messages=greeting.messages)
    if greeting.closed is not None:
        raise greeting.closed
    return Popped(skipped=_skipped(tx, capability, now_ms), worker_id=worker_id, messages=greeting.messages)


def _first(
    tx: Transaction,
    offer: WorkerOffer,
    greeting: Greeting,
    capability: Capability,
    *,
    lease_id: LeaseId,
    policy: QueuePolicy,
) -> Claimed | None:
    """Return the best job, now leased: people first, then everyone; a worker in maintenance serves its people only."""
    lanes_are_new = True
    while lanes_are_new:
        free, looked_at = tx.lanes.fitting(capability)
        if looked_at or offer.blacklist:
            return _looked(tx, offer, greeting, capability, lease_id=lease_id, policy=policy)
        claimed, lanes_are_new = tx.claims.first(
            free, lease_id=lease_id, people=greeting.people_first, everyone=greeting.closed is None
        )
    return claimed


def _looked(
    tx: Transaction,
    offer: WorkerOffer,
    greeting: Greeting,
    capability: Capability,
    *,
    lease_id: LeaseId,
    policy: QueuePolicy,
) -> Claimed | None:
    """Return the best job, now leased, where jobs of some lanes must be looked at one by one."""
    tx.lanes.learn()
    free, looked_at = tx.lanes.fitting(capability)
    if offer.blacklist:
        free, looked_at = (), (*free, *looked_at)
    people = greeting.people_first
    for account_ids in (people,) if greeting.closed is not None else (people, None):
        tried: set[JobId] = set()
        for number in range(ROUNDS_MAX):
            width = min(2**number, HEADS)
            found = list(tx.claims.heads(free, per_lane=width, limit=HEADS * width, account_ids=account_ids))
            found += _look(
                tx, offer, greeting.worker_id, looked_at, account_ids=account_ids, passed=tried, policy=policy
            )
            found = [candidate for candidate in found if candidate.job_id not in tried]
            if not found:
                break
            for candidate in sorted(found, key=lambda one: (one.due_ms, one.job_id)):
                tried.add(candidate.job_id)
                claimed = tx.claims.one(candidate.job_id, lease_id=lease_id)
                if claimed is not None:
                    return claimed
    return None


def _look(
    tx: Transaction,
    offer: WorkerOffer,
    worker_id: WorkerId,
    lane_ids: Sequence[int],
    *,
    account_ids: Sequence[AccountId] | None,
    passed: set[JobId],
    policy: QueuePolicy,
) -> list[Candidate]:
    """Return the first fitting job of each lane among its next ``scan_max``; the next look goes on after those."""
    marks: Mapping[int, tuple[int, JobId]] = {}
    if account_ids is None:
        marks = {lane: mark for lane in lane_ids if (mark := tx.lanes.mark(worker_id, lane)) is not None}
    seen = tx.claims.heads(
        lane_ids, per_lane=policy.scan_max, limit=policy.scan_max * len(lane_ids), account_ids=account_ids, after=marks
    )
    fitting: dict[int, Candidate] = {}
    refused: Counter[int] = Counter()
    last: dict[int, Candidate] = {}
    for candidate in seen:
        if candidate.lane_id in fitting or candidate.job_id in passed:
            continue
        if refusal(candidate.draft, offer, worker_id=worker_id, ordinal=candidate.ordinal) is None:
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


def _leased(
    tx: Transaction, claimed: Claimed, offer: WorkerOffer, greeting: Greeting, *, policy: QueuePolicy, now_ms: int
) -> Leased:
    """Return what the worker is told about a job that was claimed for it; lease and event are written."""
    job, draft = claimed.job, claimed.draft
    model = model_for(draft, offer, job.ordinal)
    ttl_s = lease_s(draft, model=model, offer=offer, policy=policy, ordinal=job.ordinal)
    lease = Lease(
        id=LeaseId(job.lease_id or ""),
        job_id=job.id,
        worker_id=greeting.worker_id,
        model=model,
        granted_at_ms=now_ms,
        expires_at_ms=now_ms + ttl_s * 1_000,
        ttl_s=ttl_s,
        reports=offer.reports_progress,
    )
    tx.jobs.add_lease(lease)
    tx.events.add(
        EventKind.JOB_LEASED,
        request_id=job.request_id,
        account_id=job.account_id,
        now_ms=now_ms,
        body={"job_id": job.id, "worker_name": offer.name},
    )
    return Leased(
        lease_id=lease.id,
        job_id=job.id,
        request_id=job.request_id,
        requester_id=job.account_id,
        lane_id=job.lane_id,
        worker_id=lease.worker_id,
        worker_name=offer.name,
        owner_id=offer.account_id,
        owner_trusted=greeting.trusted,
        lease_state=lease.state,
        job_state=job.state,
        is_current=True,
        granted_at_ms=lease.granted_at_ms,
        lease_expires_at_ms=lease.expires_at_ms,
        ttl_s=lease.ttl_s,
        reports=lease.reports,
        price_mk=job.price_mk,
        worth_mk=job.worth_mk,
        tries=job.tries,
        model=lease.model,
        seed=job.seed,
        ordinal=job.ordinal,
        kind=draft.kind,
        prompt=draft.prompt,
        params=draft.params,
        censor_nsfw=draft.censor_nsfw,
        r2=draft.r2,
        nsfw=draft.nsfw,
        extra=draft.extra,
    )


def _skipped(tx: Transaction, capability: Capability, now_ms: int) -> Mapping[str, int]:
    """Return how many waiting jobs the worker cannot take, by v2 reason."""
    skipped: Counter[str] = Counter()
    for lane_id, waiting in tx.lanes.waiting_by_lane(now_ms).items():
        lane = tx.lanes.get(lane_id)
        reason = misfit(lane, capability) if lane is not None else None
        if reason is not None and reason != "kind":
            skipped[reason] += waiting
    return dict(skipped)
