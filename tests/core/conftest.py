"""The fixtures: a fresh store, and a scene on it."""

import pytest
import pytest_asyncio

from core.store import Store
from tests.core.scene import HandClock, Scene
from tests.stores import Database


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest_asyncio.fixture
async def uow(database: Database, clock: HandClock) -> Store:
    return await database.open(clock=clock)


@pytest.fixture
def scene(uow: Store, clock: HandClock) -> Scene:
    return Scene(uow=uow, clock=clock)
