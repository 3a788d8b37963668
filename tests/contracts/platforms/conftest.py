"""The bots on one platform after the other."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bots.bounds import pytest_runtest_call
from tests.stages.plays import STAGES, playing
from tests.stages.stage import Play

__all__ = ["play", "pytest_runtest_call"]


@pytest_asyncio.fixture(params=list(STAGES))
async def play(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Play]:
    """The bots on one platform after the other, or on the one that a test names."""
    async with playing(request.param, tmp_path) as on_it:
        yield on_it
