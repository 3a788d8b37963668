"""The fixtures: a fresh store, and a scene on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store import SqliteUnitOfWork
from tests.core.scene import HandClock, Scene, fresh_database


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def uow(tmp_path: Path, clock: HandClock) -> Iterator[SqliteUnitOfWork]:
    unit = SqliteUnitOfWork.open(fresh_database(tmp_path), clock=clock, key_secret="test")
    yield unit
    unit.close()


@pytest.fixture
def scene(uow: SqliteUnitOfWork, clock: HandClock) -> Scene:
    return Scene(uow=uow, clock=clock)
