"""Prune: what ended long ago is forgotten; the journal never is."""

import logging

from core.domain.policy import QueuePolicy
from core.ports.store import ReadTransaction, Transaction

log = logging.getLogger(__name__)


def prune_requests(tx: Transaction, *, policy: QueuePolicy, now_ms: int, limit: int = 100) -> int:
    """Return how many requests that ended more than ``requests_kept_s`` ago were forgotten.

    With them go their jobs, leases, results, verdicts and settled holds; an idempotency key of theirs is free again.
    A request stays as long as one of its events does, so that whoever reads those finds it.
    """
    old = tx.pruning.requests(before_ms=now_ms - policy.requests_kept_s * 1_000, limit=limit)
    if not old:
        return 0
    return tx.pruning.forget([request_id for request_id, _ in old], ended_at_ms=max(ended for _, ended in old))


def has_old_requests(tx: ReadTransaction, *, policy: QueuePolicy, now_ms: int) -> bool:
    """Tell whether there is a request that ``prune_requests`` would forget."""
    return bool(tx.pruning.requests(before_ms=now_ms - policy.requests_kept_s * 1_000, limit=1))


def prune_incidents(tx: Transaction, *, policy: QueuePolicy, now_ms: int, limit: int = 1_000) -> int:
    """Return how many incidents older than ``incidents_kept_s`` were forgotten."""
    return tx.pruning.forget_incidents(before_ms=now_ms - policy.incidents_kept_s * 1_000, limit=limit)


def prune_readers(tx: Transaction, *, policy: QueuePolicy, now_ms: int) -> int:
    """Return how many readers of events were given up: they stood still for ``readers_kept_s`` with events to read.

    Otherwise no event behind them could ever be deleted. One that comes back begins with the oldest event there is.
    """
    gone = tx.pruning.forget_readers(before_ms=now_ms - policy.readers_kept_s * 1_000)
    for name in gone:
        log.warning("events.reader_given_up reader=%s kept_s=%d", name, policy.readers_kept_s)
    return len(gone)
