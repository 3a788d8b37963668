"""The fixtures: a whole horde behind real HTTP, on a free port."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cdn import DiskObjects
from cdn.s3 import S3Objects, S3Place
from core.api import ApiContext, ApiServer, create_app, listen
from core.api.limits import ClientAddresses, RateLimits, networks_of, store_of
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
        limits_at: str | None = None,
        relaxed: tuple[str, ...] = (),
        proxies: tuple[str, ...] = (),
        buckets: S3Place | None = None,
        in_buckets_by: type[S3Objects] = S3Objects,
        head_s: float = 10.0,
        **settings: Any,
    ) -> Horde:
        folder = tmp_path / f"horde{len(started)}"
        folder.mkdir()
        database = Path(shutil.copy(migrated, folder / "horde.db"))
        clock, wakeup = HandClock(), MemoryWakeup()
        uow = SqliteUnitOfWork.open(database, clock=clock, key_secret="k", wakeup=wakeup)
        listening = listen(host="127.0.0.1", port=0)
        address = public_url or f"http://127.0.0.1:{listening.getsockname()[1]}"
        objects = DiskObjects(folder / "objects", public_url=address, secret=b"s" * 32, clock=clock)
        in_buckets = in_buckets_by(buckets, clock=clock) if buckets else None
        context = ApiContext(
            uow=around(uow),
            objects=in_buckets or objects,
            signed_objects=None if in_buckets else objects,
            clock=clock,
            wakeup=wakeup,
            screening=ForbiddenWord(),
            policy=policy or QueuePolicy(default_models=(MODEL,), model_aliases={"stable_diffusion": MODEL}),
            public_url=address,
            secret=b"u" * 32,
            version="0.1.0",
            rate_limits=None
            if limits_at is None
            else RateLimits(store_of(limits_at, clock), clock, relaxed=networks_of(relaxed)),
            addresses=ClientAddresses(networks_of(proxies)),
            **({"full_check_share": 0.0} | settings),
        )
        uow.on_events(context.changes.hint)
        server = ApiServer(create_app(context), listening=listening, head_s=head_s, stop_s=2.0)
        await server.start()
        horde = Horde(context, server, uow, objects, clock, aiohttp.ClientSession(), folder)
        started.append(horde)
        return horde

    yield start
    for horde in started:
        await horde.session.close()
        await horde.server.stop()
        horde.uow.close()
        if isinstance(horde.context.objects, S3Objects):
            horde.context.objects.close()


@pytest.fixture
async def horde(build: Builder) -> Horde:
    return await build()
