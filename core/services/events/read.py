"""Read: events after a cursor."""

from collections.abc import Sequence

from core.domain.events import Event
from core.domain.ids import RequestId
from core.domain.policy import QueuePolicy
from core.ports.store import ReadTransaction, Transaction


def events_after(
    tx: ReadTransaction | Transaction, *, cursor: int, limit: int = 100, request_id: RequestId | None = None
) -> Sequence[Event]:
    """Return at most ``limit`` events after the cursor, oldest first; the next cursor is the last one's ``seq``."""
    return tx.events.after(cursor, limit=limit, request_id=request_id)


def prune_events(tx: Transaction, *, policy: QueuePolicy, now_ms: int, limit: int = 1_000) -> int:
    """Return how many events older than ``events_kept_s`` were deleted, only below every registered cursor."""
    return tx.events.prune(before_ms=now_ms - policy.events_kept_s * 1_000, limit=limit)
