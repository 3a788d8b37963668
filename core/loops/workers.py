"""The workers' chores: uptime is paid, teams take in what was done, old messages go."""

from core.domain.policy import QueuePolicy
from core.loops.chore import Chore, in_rounds
from core.ports.store import UnitOfWork
from core.services.workers.message import prune_messages
from core.services.workers.teams import roll_up
from core.services.workers.uptime import reward_uptime


def worker_chores(*, uow: UnitOfWork, policy: QueuePolicy) -> tuple[Chore, ...]:
    """Return the chores of workers and teams. In small rounds: others' transactions go in between."""

    async def uptime(now_ms: int) -> int:
        return await in_rounds(uow, lambda tx: reward_uptime(tx, policy=policy, now_ms=now_ms))

    async def teams(_: int) -> int:
        return await in_rounds(uow, roll_up)

    return (
        Chore(name="reward_uptime", every_s=60, due=lambda tx, _: bool(tx.workers.owed(limit=1)), outside=uptime),
        Chore(name="roll_up_teams", every_s=60, due=lambda tx, _: bool(tx.teams.behind(limit=1)), outside=teams),
        Chore(
            name="prune_worker_messages",
            every_s=3_600,
            in_transaction=lambda tx, now_ms: prune_messages(tx, policy=policy, now_ms=now_ms),
        ),
    )
