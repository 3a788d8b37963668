"""What the worker's tests share: a tiny real model on disk, loaded once, and a shift that works for a horde double."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest
from PIL import Image

from tests.doubles.horde_v2 import KEY, HordeDouble, horde_double
from tests.tiny_pipeline import save
from worker.pipeline.studio import Studio
from worker.settings.keys import Settings
from worker.settings.read import read_settings
from worker.shift import Shift


class Address(Protocol):
    """Whoever has an address can be worked for."""

    url: str


class FixedScreen:
    """Gives every picture the same score."""

    def __init__(self, score: float = 0.0) -> None:
        self.fixed = score

    def score(self, image: Image.Image) -> float:
        assert image.size
        return self.fixed


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    # Two threads wait for each other at every small operation; on a busy machine that is many times slower.
    torch.set_num_threads(1)
    return save(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
async def horde() -> AsyncIterator[HordeDouble]:
    async with horde_double() as double:
        yield double


SettingsFor = Callable[..., Settings]
Working = Callable[..., AbstractAsyncContextManager[Shift]]


@pytest.fixture
def settings_for(tiny_folder: Path) -> SettingsFor:
    def made(horde: Address, *, called: str = "tiny", **keys: object) -> Settings:
        environ = {
            "HORDE_WORKER_URL": horde.url,
            "HORDE_WORKER_KEY": KEY,
            "HORDE_WORKER_NAME": "test-worker",
            "HORDE_WORKER_MODEL": f"{called}={tiny_folder}",
            "HORDE_WORKER_PILOT": "false",
            "HORDE_WORKER_THREADS": "1",
        }
        environ |= {f"HORDE_WORKER_{key.upper()}": str(value) for key, value in keys.items()}
        return read_settings([], environ)

    return made


@pytest.fixture
def working(settings_for: SettingsFor) -> Working:
    """A shift at work in this process; it is stopped and waited for at the end."""

    @asynccontextmanager
    async def at_work(
        horde: Address, *, screen: FixedScreen | None = None, studio: Studio | None = None, **keys: object
    ) -> AsyncIterator[Shift]:
        shift = Shift(settings_for(horde, **keys), screen=screen or FixedScreen(), studio=studio)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(shift.run())
            try:
                yield shift
            finally:
                shift.stop.set()
                async with asyncio.timeout(30):
                    await asyncio.wait([running])

    return at_work
