"""The bots on one Mastodon double, on SQLite."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from core.store import open_store
from tests.bots.scene import Scene
from tests.bots.square import HandClock
from tests.doubles.fediverse import Fediverse
from tests.doubles.mastodon import MastodonDouble
from tests.stages.mastodon import MastodonStage
from tests.stages.stage import Play
from tests.stores import StoreKind, fresh


@dataclass(kw_only=True)
class Fedi:
    """A server, its people, and the bots that are called step by step."""

    double: MastodonDouble
    world: Fediverse
    stage: MastodonStage
    play: Play
    clock: HandClock


@pytest_asyncio.fixture
async def fedi(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Fedi]:
    """A fresh server; `parametrize("fedi", ["gotosocial"], indirect=True)` for one of that kind."""
    clock = HandClock()
    with fresh(StoreKind.SQLITE, tmp_path) as url:
        async with AsyncExitStack() as stack:
            uow = await open_store(url, clock=clock, key_secret="test")
            stack.push_async_callback(uow.aclose)
            scene = await Scene.set_up(tmp_path, uow, clock)
            is_gotosocial = getattr(request, "param", "") == "gotosocial"
            double = await stack.enter_async_context(MastodonDouble(clock=clock, is_gotosocial=is_gotosocial))
            stage = MastodonStage(double, clock=clock, objects=scene.objects)
            play = Play.on(stage, scene)
            stack.push_async_callback(play.platform.close)
            yield Fedi(double=double, world=double.world, stage=stage, play=play, clock=clock)
