"""The chores of statistics: what happened is counted, who is there is noted, old buckets go."""

from core.domain.policy import QueuePolicy
from core.loops.chore import Chore, in_rounds
from core.ports.store import UnitOfWork
from core.services.statistics.crowd import note_crowd
from core.services.statistics.roll_up import has_news, roll_up

ROUND = 500
"""Events a transaction: few enough that a pop waits some tens of milliseconds at most."""


def statistics_chores(*, uow: UnitOfWork, policy: QueuePolicy) -> tuple[Chore, ...]:
    """Return the chores of statistics."""

    async def count(_: int) -> int:
        return await in_rounds(uow, lambda tx: roll_up(tx, limit=ROUND))

    return (
        Chore(name="roll_up_statistics", every_s=5, due=lambda tx, _: has_news(tx), outside=count),
        Chore(
            name="note_crowd",
            every_s=60,
            in_transaction=lambda tx, now_ms: note_crowd(tx, now_ms=now_ms, online_s=policy.online_s),
        ),
        Chore(
            name="prune_statistics",
            every_s=600,
            in_transaction=lambda tx, now_ms: tx.statistics.prune(now_ms=now_ms),
        ),
    )
