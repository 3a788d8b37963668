"""The scene that the tests of this room play on, on both stores."""

from pathlib import Path

import pytest_asyncio

from tests.bots.bounds import pytest_runtest_call
from tests.bots.scene import Scene
from tests.bots.square import HandClock
from tests.stores import Database

__all__ = ["pytest_runtest_call", "scene"]


@pytest_asyncio.fixture
async def scene(tmp_path: Path, database: Database) -> Scene:
    clock = HandClock()
    return await Scene.set_up(tmp_path, await database.open(clock=clock), clock)
