"""What the tests of workers do over and over."""

from dataclasses import replace
from typing import Any

from core.domain.accounts import Account
from core.domain.ids import AccountId, WorkerId
from core.domain.policy import QueuePolicy
from core.domain.workers.team import Team, TeamId
from core.domain.workers.wishes import WorkerWishes
from core.domain.workers.worker import Greeting, Worker
from core.services.workers.change import change
from core.services.workers.greet import greet
from core.services.workers.teams import make_team
from tests.core.scene import Scene

STRICT = QueuePolicy()
"""Holds against workers what the scenes' own policy overlooks."""


async def owner(scene: Scene, name: str = "owner", **roles: Any) -> Account:
    """Return an account with these roles."""
    made = (await scene.account(name, trusted=roles.pop("trusted", False))).account
    if not roles:
        return made
    with_roles = replace(made, **roles)
    await scene.do(lambda tx: tx.accounts.put(with_roles))
    return await scene.look(made.id)


async def moderator(scene: Scene) -> Account:
    """Return a moderator's account."""
    return (await scene.account("moderator", moderator=True)).account


async def hello(scene: Scene, account_id: AccountId, name: str = "worker", **more: Any) -> Greeting:
    """Return how a worker of this account is greeted."""
    now_ms, offer = scene.clock.now_ms(), scene.offer(account_id, name, **more)
    return await scene.do(lambda tx: greet(tx, offer, policy=scene.policy, now_ms=now_ms))


async def known(scene: Scene, name: str = "worker") -> Worker:
    """Return the worker of this name."""
    found = await scene.uow.read(lambda tx: tx.workers.by_name(name))
    assert found is not None
    return found


async def wish(scene: Scene, worker_id: WorkerId, by: AccountId, **wishes: Any) -> Worker:
    """Return the worker after this change."""
    now_ms = scene.clock.now_ms()
    return await scene.do(
        lambda tx: change(
            tx, worker_id=worker_id, by=by, wishes=WorkerWishes(**wishes), policy=scene.policy, now_ms=now_ms
        )
    )


async def team_of(scene: Scene, by: AccountId, name: str = "the early birds") -> Team:
    """Return a new team."""
    now_ms = scene.clock.now_ms()
    return await scene.do(lambda tx: make_team(tx, by=by, name=name, about="", policy=scene.policy, now_ms=now_ms))


async def mates(scene: Scene, team_id: TeamId) -> tuple[AccountId, ...]:
    """Return whom the team's workers serve first, as a pop would see it now."""
    now_ms = scene.clock.now_ms()
    return await scene.do(lambda tx: tx.teams.members(team_id, since_ms=now_ms - 86_400_000, limit=50, now_ms=now_ms))
