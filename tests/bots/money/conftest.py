"""The scene of money, on both stores."""

from pathlib import Path

import pytest_asyncio

from tests.bots.money.purse import PurseScene
from tests.bots.square import HandClock
from tests.stores import Database


@pytest_asyncio.fixture
async def scene(tmp_path: Path, database: Database) -> PurseScene:
    clock = HandClock()
    made = await PurseScene.set_up(tmp_path, await database.open(clock=clock), clock)
    assert isinstance(made, PurseScene)
    made.notifies()
    return made
