"""What the engine's benchmarks stand on: an empty store, and a queue of any length, filled by SQL and kept."""

import atexit
import functools
import hashlib
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from core.domain.ids import AccountId
from core.domain.policy import QueuePolicy
from core.ports.clock import SystemClock
from core.ports.store import Transaction
from core.store import Store, connection_of, open_store
from core.store.migrate import CORE_VERSIONS, upgrade
from core.store.tables import holds, jobs, requests
from tests.core.scene import HandClock, Scene, draft
from tests.postgres import Server, get_server

POLICY: Final = QueuePolicy(waiting_max=10**9, request_lifetime_s=10**8)
"""Requests outlive the cache that they are kept in."""
MODELS: Final = tuple(f"model{number:02}" for number in range(50))
SIDES_PX: Final = (512, 640, 768, 1_024)
JOBS_EACH: Final = 5
COPY_JOBS: Final = len(MODELS) * len(SIDES_PX) * JOBS_EACH
"""One copy of the queue: 200 lanes (50 models in four sizes) of five jobs, each lane another account's request."""


class WallClock(HandClock):
    """The machine's own clock where a scene wants one in the hand."""

    def now_ms(self) -> int:
        """The time."""
        return SystemClock().now_ms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A store for one measurement, and the use cases on it. url: what another process opens it by."""

    store: str
    url: str
    uow: Store

    @property
    def scene(self) -> Scene:
        """The use cases as short calls, by the machine's clock."""
        return Scene(uow=self.uow, clock=WallClock(), policy=POLICY)


def cache_folder() -> Path:
    """The folder outside the tree where filled queues are kept, named by the schema they were filled for."""
    digest = hashlib.sha256(b"5")
    for script in sorted(CORE_VERSIONS.glob("core_*.py")):
        digest.update(script.read_bytes())
    # PostgreSQL runs as a user of its own, which may not look into a home folder.
    base = Path(os.environ.get("XDG_CACHE_HOME") or tempfile.gettempdir())
    folder = base / "horde-benchmarks" / digest.hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the same disk as the cache, gone afterwards."""
    with tempfile.TemporaryDirectory(dir=cache_folder().parent, prefix="run-") as folder:
        yield Path(folder)


@asynccontextmanager
async def ground(store: str, *, waiting: int = 0) -> AsyncIterator[Ground]:
    """A store of its own with that many waiting jobs, gone afterwards; a long queue is filled once and then copied."""
    async with _sqlite(waiting) if store == "sqlite" else _postgres(waiting) as url:
        unit = await open_store(url, clock=SystemClock(), key_secret="bench")
        try:
            yield Ground(store=store, url=url, uow=unit)
        finally:
            await unit.aclose()


@asynccontextmanager
async def _sqlite(waiting: int) -> AsyncIterator[str]:
    """The URL of a copy of the file with that many waiting jobs, on the same disk as the cache."""
    kept = cache_folder() / f"queue-{waiting}.db"
    with scratch() as folder:
        path = folder / "horde.db"
        url = f"sqlite:///{path}"
        if kept.exists():
            shutil.copy(kept, path)
        else:
            upgrade(url, [CORE_VERSIONS])
            await _fill_once(url, waiting)
            shutil.copy(path, kept.with_suffix(".part"))
            kept.with_suffix(".part").rename(kept)
        yield url


class KeptServer(Server):
    """A PostgreSQL as durable as it is by default, whose databases stay for the next run."""

    def __init__(self) -> None:
        """Start it in the cache folder."""
        self.folder = cache_folder() / "postgres"
        is_new = not (self.folder / "data" / "PG_VERSION").exists()
        self.folder.mkdir(exist_ok=True)
        self._server = get_server(self.folder / "data", cleanup_mode="stop", start=False)
        self._server.ensure_pgdata_inited()
        if is_new:
            with (self.folder / "data" / "postgresql.conf").open("a") as settings:
                settings.write("\nmax_connections = 200\nshared_buffers = 256MB\n")
        self._begin()

    def stop(self) -> None:
        """End it; its folder stays."""
        self._end()


@functools.cache
def server() -> KeptServer:
    """The server of this run; it ends with the process."""
    made = KeptServer()
    atexit.register(made.stop)
    return made


@asynccontextmanager
async def _postgres(waiting: int) -> AsyncIterator[str]:
    """The URL of a copy of the database with that many waiting jobs."""
    kept = f"queue_{waiting}"
    there = await _bare(server().url("postgres"), "SELECT count(*) FROM pg_database WHERE datname = $1", kept)
    if not there:
        server().execute(f"CREATE DATABASE part_{kept}")
        upgrade(server().url(f"part_{kept}"), [CORE_VERSIONS])
        await _fill_once(server().url(f"part_{kept}"), waiting)
        await _bare(server().url(f"part_{kept}"), "VACUUM (ANALYZE)")
        server().execute(f"ALTER DATABASE part_{kept} RENAME TO {kept}")
    with server().database(kept) as url:
        yield url


async def _bare(url: str, sql: str, *values: object) -> Any:
    """What a statement outside the engine returns: one value, or None."""
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql, *values)
    finally:
        await connection.close()


async def _fill_once(url: str, waiting: int) -> None:
    """Leave that many waiting jobs in an empty database, and what a planner wants to know of them."""
    unit = await open_store(url, clock=SystemClock(), key_secret="bench")
    try:
        if waiting:
            await fill(Ground(store="", url=url, uow=unit), waiting)
        await unit.write(lambda tx: connection_of(tx).exec_driver_sql("ANALYZE").close())
    finally:
        await unit.aclose()


async def fill(ground: Ground, waiting: int) -> None:
    """Leave that many waiting jobs in 200 lanes, asked for through the services and then copied by SQL."""
    scene = ground.scene
    for number, (model, side_px) in enumerate(itertools.product(MODELS, SIDES_PX)):
        account_id = (await scene.account(f"asker{number}", kudos=number)).account.id
        await scene.ask(account_id, draft(f"{model} {side_px}", n=JOBS_EACH, px=side_px, models=(model,)))
    copies = waiting // COPY_JOBS - 1
    for first in range(1, copies + 1, 100):
        last = min(first + 99, copies)
        await ground.uow.write(functools.partial(_copy, first=first, last=last))
    await ground.uow.write(_cover_holds)


def _copy(tx: Transaction, *, first: int, last: int) -> None:
    """Copy the requests, holds and jobs that were asked for, once a number, each due a little later."""
    later = {
        requests: {"id": "o.id || '-' || n.i"},
        holds: {"hold_id": "o.hold_id || '-' || n.i"},
        jobs: {
            "id": "o.id || '-' || n.i",
            "request_id": "o.request_id || '-' || n.i",
            "due_ms": "o.due_ms + n.i * 977 % 100000",
        },
    }
    for table, changed in later.items():
        names = [column.name for column in table.c if column.name != "seq"]
        chosen = ", ".join(changed.get(name, f"o.{name}") for name in names)
        original = "length(o.hold_id) = 36" if table is holds else "length(o.id) = 36"
        connection_of(tx).execute(
            sa.text(
                f"WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) "  # noqa: S608
                f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {chosen} FROM n CROSS JOIN {table.name} AS o "
                f"WHERE {original}"
            )
        )


def _cover_holds(tx: Transaction) -> None:
    """Have the cached balances say what the copied holds hold, so that the ledger is clean."""
    held = "SELECT sum(amount_mk - posted_mk - returned_mk) FROM holds AS h WHERE h.account_id = balances.account_id"
    connection_of(tx).execute(sa.text(f"UPDATE balances SET held_mk = coalesce(({held}), 0) WHERE slot = 0"))  # noqa: S608


async def people(scene: Scene, count: int, *, prefix: str = "person", trusted: bool = False) -> list[AccountId]:
    """That many new accounts."""
    made = [await scene.account(f"{prefix}{number}", kudos=100, trusted=trusted) for number in range(count)]
    return [one.account.id for one in made]
