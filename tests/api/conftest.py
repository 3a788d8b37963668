"""The fixtures: a whole horde behind real HTTP, on a free port."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cdn import DiskObjects
from core.api import ApiContext, ApiServer, create_app
from core.domain.policy import QueuePolicy
from core.loops.wakeup import MemoryWakeup
from core.ports.store import UnitOfWork
from core.store import SqliteUnitOfWork
from core.store.migrate import upgrade
from tests.api.scene import MODEL, Builder, ForbiddenWord, HandClock, Horde

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the present schema; each test gets a copy."""
    database = tmp_path_factory.mktemp("migrated") / "horde.db"
    upgrade(f"sqlite:///{database}", [ROOT / "core" / "store" / "migrations"])
    return database


@pytest.fixture
async def build(tmp_path: Path, migrated: Path) -> AsyncIterator[Builder]:
    """Return a function that starts a horde with other settings; all are stopped afterwards."""
    started: list[Horde] = []

    async def start(
        *,
        public_url: str | None = None,
        policy: QueuePolicy | None = None,
        around: Callable[[UnitOfWork], UnitOfWork] = lambda uow: uow,
        **settings: Any,
    ) -> Horde:
        folder = tmp_path / f"horde{len(started)}"
        folder.mkdir()
        database = shutil.copy(migrated, folder / "horde.db")
        clock, wakeup = HandClock(), MemoryWakeup()
        uow = SqliteUnitOfWork.open(database, clock=clock, key_secret="k", wakeup=wakeup)
        # The port is known only once the server runs, so the store's address is put right after that.
        objects = DiskObjects(folder / "objects", public_url="http://127.0.0.1:0", secret=b"s" * 32, clock=clock)
        context = ApiContext(
            uow=around(uow),
            objects=objects,
            signed_objects=objects,
            clock=clock,
            wakeup=wakeup,
            screening=ForbiddenWord(),
            policy=policy or QueuePolicy(default_models=(MODEL,), model_aliases={"stable_diffusion": MODEL}),
            public_url="http://127.0.0.1:0",
            secret=b"u" * 32,
            version="0.1.0",
            **({"full_check_share": 0.0} | settings),
        )
        server = ApiServer(create_app(context), host="127.0.0.1", port=0, head_s=0.5, stop_s=2.0)
        await server.start()
        objects.rebase(public_url or f"http://127.0.0.1:{server.port}")
        horde = Horde(context, server, uow, objects, clock, aiohttp.ClientSession(), folder)
        started.append(horde)
        return horde

    yield start
    for horde in started:
        await horde.session.close()
        await horde.server.stop()
        horde.uow.close()


@pytest.fixture
async def horde(build: Builder) -> Horde:
    return await build()
