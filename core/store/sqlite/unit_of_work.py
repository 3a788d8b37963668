"""The unit of work on SQLite: one writer with group commit, and looks in place or on a few reading threads."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from core.domain.errors import Unavailable
from core.domain.workers.offer import WorkerOffer
from core.ports.clock import Clock
from core.ports.points import Step
from core.ports.store import ReadTransaction, Transaction
from core.ports.wakeup import Wakeup
from core.store.memory import Memory
from core.store.meters import StoreMeters
from core.store.migrate import CORE_REVISION
from core.store.sqlite.connections import engine_for, translated
from core.store.sqlite.group import Group, Write
from core.store.sqlite.wire import Wire
from core.store.sqlite.writer import Writer
from core.store.transaction import SqlTransaction

log = logging.getLogger(__name__)
T = TypeVar("T")
READERS = 4
_VERSIONS = sa.text("SELECT version_num FROM alembic_version")


class SqliteUnitOfWork:
    """Runs use cases on one SQLite file. Several processes may have one each on the same file."""

    def __init__(self, path: Path, *, clock: Clock, key_secret: str, wakeup: Wakeup | None) -> None:
        """Begin the threads; use ``open``."""
        self._path = path
        self._clock = clock
        self._wakeup = wakeup
        self._memory = Memory(key_secret)
        self.meters = StoreMeters()
        self._listeners: list[Callable[[], None]] = []
        self._engine = engine_for(path, writes=True)
        self._wire = Wire(self._engine.connect())
        self._read_engine = engine_for(path, writes=False)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._local = threading.local()
        self._opened: list[Wire] = []
        self._closed = False
        self._closing = threading.Lock()
        self._looking = threading.Lock()
        self._data_version = self._version()
        self._writer = Writer(self._wire, self._group, groups=self.meters.groups, hint=self._hint)

    @classmethod
    def open(
        cls, path: Path, *, clock: Clock, key_secret: str = "", wakeup: Wakeup | None = None
    ) -> "SqliteUnitOfWork":
        """Return the unit of work on a migrated file.

        key_secret: what API keys are hashed with. wakeup: is told the lane of each job that waits anew. Raises
        ``Unavailable`` where the file cannot be opened, or is not at this program's schema.
        """
        try:
            if not path.exists():
                message = f"There is no database at {path}. Run `horde db upgrade` once to make it."
                raise Unavailable(message)
            unit = cls(path, clock=clock, key_secret=key_secret, wakeup=wakeup)
        except (SQLAlchemyError, OSError) as exc:
            raise (translated(exc, path) if isinstance(exc, SQLAlchemyError) else Unavailable(str(exc))) from exc
        try:
            unit._check_schema()
        except BaseException:
            unit.close()
            raise
        return unit

    def close(self) -> None:
        """Stop the threads after what was already asked for; a second call does nothing."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._writer.end()
        self._writer.join()
        self._readers.shutdown(wait=True)
        with self._looking:
            for wire in self._opened:
                wire.connection.close()
        self._engine.dispose()
        self._read_engine.dispose()

    async def aclose(self) -> None:
        """Do what ``close`` does without holding up the event loop, which the last results still need."""
        await asyncio.to_thread(self.close)

    async def write(self, use_case: Callable[[Transaction], T], *, step: Step | None = None, brief: bool = False) -> T:
        """Return what the use case returned, after its COMMIT; raise its error after its rollback."""
        loop = asyncio.get_running_loop()
        item = Write(use_case=use_case, step=step, brief=brief, loop=loop, future=loop.create_future())
        with self._closing:
            self._check_open()
            self._writer.add(item)
        with self.meters.writing():
            result: T = await item.future
        return result

    async def read(self, query: Callable[[ReadTransaction], T], *, brief: bool = False, loose: bool = False) -> T:
        """Return what the query returned from one consistent view."""
        if brief:
            with self._looking:
                self._check_open()
                return self._read(query, loose=loose)
        self._check_open()
        look = partial(self._read, query, loose=loose)
        return await asyncio.get_running_loop().run_in_executor(self._readers, look)

    def on_events(self, call: Callable[[], None]) -> None:
        """Have a hint run after each COMMIT that wrote events, on any thread."""
        self._listeners.append(call)

    def fits(self, offer: WorkerOffer) -> Callable[[int], bool]:
        """Return a test of lane numbers for held pops; a lane that is not known yet may fit."""
        return self._memory.lanes.test_of(offer)

    async def changed_elsewhere(self) -> bool:
        """Tell whether another process has committed since the last call (``PRAGMA data_version``)."""
        before, self._data_version = self._data_version, await self.write(lambda _: self._version())
        return before != self._data_version

    def _group(self, writes: list[Write]) -> Group:
        return Group(
            path=self._path,
            wire=self._wire,
            memory=self._memory,
            clock=self._clock,
            listeners=self._listeners,
            writes=writes,
        )

    def _hint(self, group: Group) -> None:
        """Run the hints of what was committed; one that fails takes nothing back."""
        hints, wakeup = group.hints, self._wakeup
        if group.touched and wakeup is not None:
            hints.append(lambda: wakeup.notify(group.touched))
        for hint in hints:
            try:
                hint()
            except Exception as exc:
                log.warning("store.hint_failed error=%s", exc, exc_info=exc)

    def _check_open(self) -> None:
        if self._closed:
            message = f"The database {self._path} is closed here. Start the horde again."
            raise Unavailable(message)

    def _version(self) -> int:
        return int(self._wire.rows("PRAGMA data_version", ())[0][0])

    def _check_schema(self) -> None:
        """Raise ``Unavailable`` unless the file is at the schema that this program was written for."""
        try:
            found = self._readers.submit(self._read, lambda tx: _sql(tx).connection.scalars(_VERSIONS).all()).result()
        except Unavailable:
            found = []
        if CORE_REVISION not in found:
            message = (
                f"The database {self._path} is not at this program's schema ({CORE_REVISION}). "
                "Run `horde db upgrade` with this version of the horde."
            )
            raise Unavailable(message)

    def _read(self, query: Callable[[ReadTransaction], T], *, loose: bool = False) -> T:
        """Run a query on this thread's own connection; see ``read``."""
        try:
            wire: Wire | None = getattr(self._local, "wire", None)
            if wire is None:
                wire = self._local.wire = Wire(self._read_engine.connect())
                self._opened.append(wire)
            if not loose:
                wire.begin()
            try:
                return query(SqlTransaction(wire.connection, self._memory, self._clock, is_read=True, driver=wire))
            finally:
                wire.rollback()
        except SQLAlchemyError as exc:
            raise translated(exc, self._path) from exc


def _sql(tx: ReadTransaction) -> SqlTransaction:
    """Return the transaction as the store's own."""
    if not isinstance(tx, SqlTransaction):
        raise TypeError(type(tx).__name__)
    return tx
