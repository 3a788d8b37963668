"""Overview: the queue in numbers."""

from collections import Counter

from core.domain.requests import QueueOverview
from core.ports.store import ReadTransaction, Transaction


def overview(tx: ReadTransaction | Transaction, *, now_ms: int, online_s: int = 300) -> QueueOverview:
    """Return what waits, what is in work and who is there to do it."""
    workers = tx.workers.online(now_ms - online_s * 1_000)
    waiting: Counter[str] = Counter()
    for lane_id, count in tx.lanes.waiting_by_lane(now_ms).items():
        lane = tx.lanes.get(lane_id)
        if lane is not None:
            waiting[lane.kind] += count
    return QueueOverview(
        waiting=waiting.total(),
        processing=sum(tx.jobs.leased_by_kind().values()),
        workers_online=len(workers),
        threads_online=sum(max(worker.offer.threads, 1) for worker in workers),
        models_online=tuple(sorted({model for worker in workers for model in worker.offer.models})),
        waiting_by_kind=dict(waiting),
    )


def recount(tx: ReadTransaction, *, now_ms: int) -> bool:
    """Return False, after the waiting jobs were counted if that is due: where many wait, pops go by this count."""
    tx.lanes.waiting_by_lane(now_ms)
    return False
