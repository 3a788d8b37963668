"""Reclaim: jobs whose lease is over wait again."""

from core.domain.jobs import JobState, LeaseState
from core.domain.policy import QueuePolicy
from core.ports.store import Transaction
from core.services.queue.settle import take_back
from core.services.workers.aborted import aborted


def reclaim(tx: Transaction, *, policy: QueuePolicy, now_ms: int, limit: int = 200) -> int:
    """Return how many leases were past their time; each of their jobs has one try more behind it."""
    lapsed = tx.jobs.lapsed_leases(now_ms, limit=limit)
    taken = take_back(tx, lapsed, lease_state=LeaseState.LAPSED, tries_max=policy.tries_max, now_ms=now_ms)
    for view, state in taken:
        if state is not JobState.CANCELLED:
            aborted(tx, view=view, policy=policy, now_ms=now_ms)
    return len(taken)
