"""Replays: the same call under the same key is done once, and answered alike for a day."""

from typing import Final

from core.domain.calls.replays import Replay
from core.domain.errors import Conflict
from core.domain.ids import AccountId
from core.ports.store import ReadTransaction, Transaction

KEPT_MS: Final = 24 * 3_600 * 1_000


def replay_of(tx: ReadTransaction | Transaction, *, account_id: AccountId, key: str, fingerprint: str) -> Replay | None:
    """Return what was answered when the account asked this before under this key; None where it did not.

    Raises:
        Conflict: the key was used for something else.
    """
    known = tx.replays.get(account_id, key)
    if known is not None and known.fingerprint != fingerprint:
        message = (
            "This Idempotency-Key was used for another call within the last day. Send a new key with a new thing, or "
            "the same thing again."
        )
        raise Conflict(message, code="IdempotencyKeyConflict")
    return known


def prune_replays(tx: Transaction, *, now_ms: int, limit: int = 1_000) -> int:
    """Return how many answers older than a day were forgotten."""
    return tx.replays.prune(before_ms=now_ms - KEPT_MS, limit=limit)
