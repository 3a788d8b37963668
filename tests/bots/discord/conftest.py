"""The bots on one Discord double, on SQLite."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest_asyncio

from bots.discord.adapter import DiscordPlatform
from bots.discord.known import Known
from bots.inbox import Inbox
from core.store import open_store
from tests.bots.scene import Scene
from tests.bots.square import HandClock
from tests.doubles.discord import DiscordDouble
from tests.stages.discord import DiscordStage
from tests.stages.stage import Play
from tests.stores import StoreKind, fresh


@dataclass(kw_only=True)
class Guild:
    """A server, its people, and the bots that are called step by step."""

    double: DiscordDouble
    stage: DiscordStage
    play: Play
    clock: HandClock

    @property
    def platform(self) -> DiscordPlatform:
        """The adapter, which knows the conversation as it does where it is wired."""
        made = self.play.platform
        assert isinstance(made, DiscordPlatform)
        scene = self.play.scene
        made.learn(Known(uow=scene.uow, shelf=scene.shelf, horde=scene.horde, clock=scene.clock))
        return made

    async def read_and_settle(self, events: int) -> None:
        """The inbox holds so many events, and all that comes of them has happened."""
        self.platform  # noqa: B018 - from now on it knows the conversation
        await self.play.read(events)
        await self.play.make()
        await self.play.settle()

    async def accept(self, events: int) -> None:
        """The inbox holds so many events, and the horde was asked for what they ask for."""
        await self.play.read(events)
        while await self.play.desk().accept_waiting():
            pass

    async def look_back_in(self, *channels: int) -> None:
        """The next life of the bots looks in these channels for what it missed."""
        self.stage.access = replace(self.stage.access, channels=channels)
        self.play = await self.play.again()

    @asynccontextmanager
    async def heard(self) -> AsyncIterator[None]:
        """The bots listen for as long as the block runs."""
        inbox = Inbox(uow=self.play.scene.uow, clock=self.clock, on_new=lambda: None)
        reading = asyncio.get_running_loop().create_task(inbox.read(self.platform))
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


@pytest_asyncio.fixture
async def guild(tmp_path: Path) -> AsyncIterator[Guild]:
    """A fresh server."""
    clock = HandClock()
    with fresh(StoreKind.SQLITE, tmp_path) as url:
        async with AsyncExitStack() as stack:
            uow = await open_store(url, clock=clock, key_secret="test")
            stack.push_async_callback(uow.aclose)
            scene = await Scene.set_up(tmp_path, uow, clock)
            double = await stack.enter_async_context(DiscordDouble(clock=clock))
            stage = DiscordStage(double, clock=clock, objects=scene.objects)
            play = Play.on(stage, scene)
            stack.push_async_callback(stage.close)
            yield Guild(double=double, stage=stage, play=play, clock=clock)
