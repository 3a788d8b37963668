"""What the contract of the store is tried with."""

from collections.abc import Callable, Iterable

import pytest
import pytest_asyncio

from core.store import Store
from tests.core.scene import HandClock, Scene
from tests.stores import Database


class Heard:
    """A wakeup that notes what it hears."""

    def __init__(self) -> None:
        self.lanes: list[int] = []

    def notify(self, lane_ids: Iterable[int]) -> None:
        self.lanes += lane_ids

    async def wait(self, lanes_fit: Callable[[int], bool], *, timeout_s: float) -> bool:
        raise NotImplementedError


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest_asyncio.fixture
async def uow(database: Database, heard: Heard) -> Store:
    return await database.open(clock=HandClock(), wakeup=heard)


@pytest.fixture
def scene(uow: Store) -> Scene:
    return Scene(uow=uow, clock=HandClock())
