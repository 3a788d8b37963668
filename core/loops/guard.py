"""The guard's chore: addresses are kept no longer than their time-outs."""

from core.loops.chore import Chore
from core.services.moderation.guard import is_stale, prune_guard


def guard_chores() -> tuple[Chore, ...]:
    """Return the chore that forgets time-outs that ended, old strikes and old hashes of workers' addresses."""
    return (
        Chore(
            name="prune_guard",
            every_s=60,
            due=lambda tx, now_ms: is_stale(tx, now_ms=now_ms),
            in_transaction=lambda tx, now_ms: prune_guard(tx, now_ms=now_ms),
        ),
    )
