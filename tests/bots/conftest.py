"""The scene that the tests of this room play on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.store.migrate import upgrade
from tests.bots.scene import LOCATIONS, Scene


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the newest schema; migrating takes longer than most of these tests."""
    database = tmp_path_factory.mktemp("migrated") / "horde.db"
    upgrade(f"sqlite:///{database}", LOCATIONS)
    return database


@pytest.fixture
async def scene(tmp_path: Path, migrated: Path) -> AsyncIterator[Scene]:
    made = await Scene.set_up(tmp_path, migrated)
    yield made
    made.uow.close()
