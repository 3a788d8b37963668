"""The bots on one Discord double, on SQLite."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

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
