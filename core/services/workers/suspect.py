"""Suspect: something is held against a worker, and too much of it pauses the worker."""

from core.domain.ids import AccountId, WorkerId
from core.domain.policy import QueuePolicy
from core.domain.workers.suspicion import REPEATABLE, SuspicionReason, is_above_suspicion
from core.ports.store import Transaction


def suspect(
    tx: Transaction,
    *,
    worker_id: WorkerId,
    owner_id: AccountId,
    owner_trusted: bool,
    reason: SuspicionReason,
    policy: QueuePolicy,
    now_ms: int,
) -> bool:
    """Return whether the worker is paused by this; nothing is held against the workers of trusted owners.

    A reason that is not repeatable counts once. Each counts against the owner too, whose kudos stay where they are once
    there are too many. Only a moderator ends the pause, and with it all suspicion of the worker.
    """
    most = policy.workers.suspicions_max
    if most is None or is_above_suspicion(owner_id=owner_id, owner_trusted=owner_trusted):
        return False
    held = tx.workers.suspicions(worker_id)
    if reason not in REPEATABLE and any(known is reason for known, _ in held):
        return False
    tx.workers.suspect(worker_id, reason, now_ms=now_ms)
    tx.accounts.suspect(owner_id)
    if len(held) + 1 < most:
        return False
    tx.workers.amend(worker_id, paused=True)
    return True
