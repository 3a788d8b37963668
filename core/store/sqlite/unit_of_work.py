"""The unit of work on SQLite: one writer thread with group commit, a few reading threads, and the only COMMIT."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from core.domain.errors import HordeError, Unavailable
from core.domain.workers.offer import WorkerOffer
from core.ports.clock import Clock
from core.ports.points import Edge, Step, reached
from core.ports.store import ReadTransaction, Transaction
from core.ports.wakeup import Wakeup
from core.store.memory import Memory
from core.store.meters import StoreMeters
from core.store.migrate import CORE_REVISION
from core.store.sqlite.connections import engine_for, in_transaction, translated
from core.store.transaction import SqlTransaction

log = logging.getLogger(__name__)
T = TypeVar("T")
GROUP_MAX = 64
READERS = 4
_VERSIONS = sa.text("SELECT version_num FROM alembic_version")


@dataclass(slots=True)
class _Write:
    """One waiting use case, and what came of it before the COMMIT."""

    use_case: Callable[[Transaction], Any]  # what it returns is its caller's business
    step: Step | None
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None
    kept: bool = False


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
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._engine = engine_for(path, writes=True)
        self._connection = self._engine.connect()
        self._read_engine = engine_for(path, writes=False)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._local = threading.local()
        self._opened: list[sa.Connection] = []
        self._closed = False
        self._closing = threading.Lock()
        self._data_version = self._version()
        self._writer = threading.Thread(target=self._write_all, name="store-write", daemon=True)
        self._writer.start()

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
            self._waiting.put(None)
        self._writer.join(timeout=30)
        self._readers.shutdown(wait=True)
        for connection in self._opened:
            connection.close()
        self._engine.dispose()
        self._read_engine.dispose()

    async def aclose(self) -> None:
        """Do what ``close`` does without holding up the event loop, which the last results still need."""
        await asyncio.to_thread(self.close)

    async def write(self, use_case: Callable[[Transaction], T], *, step: Step | None = None) -> T:
        """Return what the use case returned, after its COMMIT; raise its error after its rollback."""
        loop = asyncio.get_running_loop()
        item = _Write(use_case=use_case, step=step, loop=loop, future=loop.create_future())
        with self._closing:
            self._check_open()
            self._waiting.put(item)
        with self.meters.writing():
            result: T = await item.future
        return result

    async def read(self, query: Callable[[ReadTransaction], T]) -> T:
        """Return what the query returned from one consistent view."""
        self._check_open()
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    def on_events(self, call: Callable[[], None]) -> None:
        """Have a hint run after each COMMIT that wrote events, on the writer's thread."""
        self._listeners.append(call)

    def fits(self, offer: WorkerOffer) -> Callable[[int], bool]:
        """Return a test of lane numbers for held pops; a lane that is not known yet may fit."""
        return self._memory.lanes.test_of(offer)

    async def changed_elsewhere(self) -> bool:
        """Tell whether another process has committed since the last call (``PRAGMA data_version``)."""

        def look(_: Transaction) -> bool:
            before, self._data_version = self._data_version, self._version()
            return before != self._data_version

        return await self.write(look)

    def _check_open(self) -> None:
        if self._closed:
            message = f"The database {self._path} is closed here. Start the horde again."
            raise Unavailable(message)

    def _version(self) -> int:
        raw = self._connection.connection.cursor()
        try:
            raw.execute("PRAGMA data_version")
            return int((raw.fetchone() or (0,))[0])
        finally:
            raw.close()

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

    def _read(self, query: Callable[[ReadTransaction], T]) -> T:
        """Run a query on this thread's own connection."""
        try:
            connection: sa.Connection | None = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._local.connection = self._read_engine.connect()
                self._opened.append(connection)
            with connection.begin():
                return query(SqlTransaction(connection, self._memory, self._clock, is_read=True))
        except SQLAlchemyError as exc:
            raise translated(exc, self._path) from exc

    def _write_all(self) -> None:
        """Take all that waits, up to ``GROUP_MAX``, into one transaction after the other, until closed."""
        open_ = True
        while open_:
            group: list[_Write] = []
            item = self._waiting.get()
            while True:
                if item is None:
                    open_ = False
                    break
                if not item.future.cancelled():
                    group.append(item)
                if len(group) == GROUP_MAX:
                    break
                try:
                    item = self._waiting.get_nowait()
                except queue.Empty:
                    break
            if group:
                self.meters.groups.note(len(group))
                self._write_group(group)
        self._connection.close()

    def _write_group(self, group: list[_Write]) -> None:
        """Run a group in one transaction and give the results out after its COMMIT."""
        hints: list[Callable[[], None]] = []
        touched: list[int] = []
        highest_lane = self._memory.lanes.highest
        try:
            transaction = self._connection.begin()
            try:
                for item in group:
                    tx = self._run(item, alone=len(group) == 1)
                    if tx is not None:
                        hints += tx.hints
                        touched += tx.touched_lanes
                        hints += self._listeners if tx.events.has_news else ()
                kept = [item for item in group if item.kept]
                if kept:
                    _reach(kept, Edge.BEFORE)
                    transaction.commit()
                    _reach(kept, Edge.AFTER)
                else:
                    transaction.rollback()
            except BaseException:
                transaction.rollback()
                raise
        except BaseException as exc:  # noqa: BLE001 - the callers get it; the writer must not die of it
            self._memory.lanes.forget_above(highest_lane)
            for item in group:
                item.error = translated(exc, self._path) if isinstance(exc, SQLAlchemyError) else exc
        else:
            self._hint(hints, touched)
        _give_out(group)

    def _run(self, item: _Write, *, alone: bool) -> SqlTransaction | None:
        """Run one use case in its savepoint; one that fails leaves nothing behind and harms no other.

        Raises the database's own error where SQLite has ended the whole transaction (a full disk may do that).
        """
        tx = SqlTransaction(self._connection, self._memory, self._clock)
        highest_lane = self._memory.lanes.highest
        if not alone:
            tx.line.run_sql("SAVEPOINT use_case", ())
        try:
            try:
                item.result = item.use_case(tx)
            except HordeError as exc:
                if not exc.keeps_writes:
                    raise
                item.error = exc
            tx.flush()
        except BaseException as exc:
            self._memory.lanes.forget_above(highest_lane)
            item.error = translated(exc, self._path) if isinstance(exc, SQLAlchemyError) else exc
            if not in_transaction(self._connection):
                lost = exc if isinstance(exc, SQLAlchemyError) else SQLAlchemyError("the transaction has ended")
                raise lost from exc
            if not alone:
                self._connection.exec_driver_sql("ROLLBACK TO use_case")
                self._connection.exec_driver_sql("RELEASE use_case")
            return None
        if not alone:
            tx.line.run_sql("RELEASE use_case", ())
        item.kept = True
        return tx

    def _hint(self, hints: list[Callable[[], None]], touched: list[int]) -> None:
        """Run the hints of what was committed; one that fails takes nothing back."""
        wakeup = self._wakeup
        if touched and wakeup is not None:
            hints.append(lambda: wakeup.notify(touched))
        for hint in hints:
            try:
                hint()
            except Exception as exc:
                log.warning("store.hint_failed error=%s", exc, exc_info=exc)


def _give_out(group: Sequence[_Write]) -> None:
    """Let the callers know what came of the group: each event loop is woken once, not once a result."""
    for loop in {item.loop for item in group}:
        try:
            loop.call_soon_threadsafe(_set_results, [item for item in group if item.loop is loop])
        except RuntimeError:
            log.debug("store.nobody_waits loop=closed")


def _set_results(group: Sequence[_Write]) -> None:
    """Set each result or error that somebody still waits for."""
    for item in group:
        if item.future.done():
            continue
        if item.error is not None:
            item.future.set_exception(item.error)
        else:
            item.future.set_result(item.result)


def _reach(group: list[_Write], edge: Edge) -> None:
    """Pass the kill points of every step in the group."""
    for item in group:
        if item.step is not None:
            reached(item.step, edge)


def _sql(tx: ReadTransaction) -> SqlTransaction:
    """Return the transaction as the store's own."""
    if not isinstance(tx, SqlTransaction):
        raise TypeError(type(tx).__name__)
    return tx
