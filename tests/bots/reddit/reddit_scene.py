"""One running bot on Reddit's double: what people write, and waiting for what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from bots.reddit.adapter import RedditPlatform
from bots.runner import Runner
from bots.store.commissions import commission_of_event
from bots.store.outbox import posts_of_commission
from bots.store.rows import OutboxState
from bots.supervisor import Rhythm
from tests.bots.scene import Scene
from tests.doubles.reddit.server import RedditDouble
from tests.doubles.reddit.town import Thing, Town

QUICK = Rhythm(tick_s=0.02, watch_s=0.02, restart_first_s=0.02, restart_most_s=0.05, steady_s=0.1)
T = TypeVar("T")


@dataclass
class RedditScene:
    """A town with a bot. `working` runs it with a worker beside it; what it leaves may be run again."""

    scene: Scene
    double: RedditDouble
    connect: Callable[..., RedditPlatform]

    @property
    def town(self) -> Town:
        return self.double.town

    def runner(self, platform: RedditPlatform) -> Runner:
        return Runner(
            uow=self.scene.uow,
            clock=self.scene.clock,
            horde=self.scene.horde,
            shelf=self.scene.shelf,
            platforms=[platform],
            places={"reddit": "reddit"},
            rooms=self.scene.rooms(),
            rhythm=QUICK,
            patience=self.scene.patience,
        )

    @asynccontextmanager
    async def working(self, **given: object) -> AsyncIterator[RedditPlatform]:
        """The bots run, a worker makes what waits, and the hand clock goes on."""
        platform = self.connect(**given)
        runner = self.runner(platform)

        async def worker() -> None:
            while True:
                self.scene.clock.pass_s(0.5)
                if await self.scene.work():
                    runner.hint_events()
                await asyncio.sleep(0.02)

        async with asyncio.TaskGroup() as group:
            group.create_task(runner.run())
            work = group.create_task(worker())
            await asyncio.sleep(0)
            try:
                yield platform
            finally:
                work.cancel()
                await runner.stop()

    async def answers(self, thing: Thing, *, count: int = 1) -> list[Thing]:
        """Returns the bot's answers to this once there are so many."""
        await until(lambda: len(self.town.answers_to(thing["name"])) >= count)
        return self.town.answers_to(thing["name"])

    async def commission_of(self, thing: Thing) -> str:
        """Returns the id of what was made of this summons."""
        found = await self.scene.uow.read(lambda tx: commission_of_event(tx, platform="reddit", event_id=thing["name"]))
        assert found is not None
        return found.id

    async def until_rows_are(self, thing: Thing, states: set[OutboxState]) -> None:
        """Returns once the outbox knows this of every post to this summons."""
        mine = await self.commission_of(thing)

        async def look() -> set[OutboxState]:
            rows = await self.scene.uow.read(lambda tx: posts_of_commission(tx, commission_id=mine))
            return {row.state for row in rows}

        await self.until_it_is(look, states)

    async def until_it_is(self, look: Callable[[], Awaitable[T]], wanted: T) -> None:
        """Returns once a look finds what is wanted."""
        async with asyncio.timeout(20):
            while await look() != wanted:  # noqa: ASYNC110 - it is on the other side of a socket
                await asyncio.sleep(0.02)


async def until(true: Callable[[], object], *, most_s: float = 20.0) -> None:
    """Returns once it is true."""
    async with asyncio.timeout(most_s):
        while not true():  # noqa: ASYNC110 - what is waited for is on the other side of a socket
            await asyncio.sleep(0.01)
