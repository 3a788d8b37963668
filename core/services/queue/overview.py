"""Overview: the queue in numbers."""

from collections import Counter

from core.domain.jobs import JobState
from core.domain.requests import QueueOverview
from core.ports.store import ReadTransaction, Transaction


def overview(tx: ReadTransaction | Transaction, *, now_ms: int, online_s: int = 300) -> QueueOverview:
    """Return what waits, what is in work and who is there to do it."""
    workers = tx.workers.online(now_ms - online_s * 1_000)
    waiting: Counter[str] = Counter()
    processing = 0
    for (kind, state), count in tx.jobs.totals().items():
        if state is JobState.WAITING:
            waiting[kind] += count
        else:
            processing += count
    return QueueOverview(
        waiting=waiting.total(),
        processing=processing,
        workers_online=len(workers),
        threads_online=sum(max(worker.offer.threads, 1) for worker in workers),
        models_online=tuple(sorted({model for worker in workers for model in worker.offer.models})),
        waiting_by_kind=dict(waiting),
    )
