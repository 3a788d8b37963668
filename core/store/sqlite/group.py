"""One transaction of several use cases (group commit): run, committed, and its results given out."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from core.domain.errors import HordeError
from core.ports.clock import Clock
from core.ports.points import Edge, Step, reached
from core.ports.store import Transaction
from core.store.memory import Memory
from core.store.sqlite.connections import is_busy, translated
from core.store.sqlite.wire import Wire
from core.store.transaction import SqlTransaction

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Write:
    """One waiting use case, and what came of it before the COMMIT. brief: it may run on its event loop."""

    use_case: Callable[[Transaction], Any]  # what it returns is its caller's business
    step: Step | None
    brief: bool
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None
    kept: bool = False


class SpoiledError(Exception):
    """A use case without a savepoint has left rows behind that must not stay."""


@dataclass(slots=True)
class Group:
    """Use cases of one transaction, in the order in which they were asked for.

    ``run`` and ``end`` may be called in different threads, one after the other; nobody else uses the connection
    between them. hints: what is called after the COMMIT. touched: the lanes in which jobs wait anew.
    """

    path: Path
    wire: Wire
    memory: Memory
    clock: Clock
    listeners: Sequence[Callable[[], None]]
    writes: list[Write]
    hints: list[Callable[[], None]] = field(default_factory=list)
    touched: list[int] = field(default_factory=list)
    _is_open: bool = False
    _highest_lane: int = 0
    _is_run: bool = False
    _careful: bool = False

    @property
    def is_run(self) -> bool:
        """True once ``run`` was called, whatever came of it."""
        return self._is_run

    def run_at_once(self) -> None:
        """Run, unless another process is writing now: then nothing has begun and ``is_run`` stays False."""
        self._highest_lane = self.memory.lanes.highest
        try:
            self._begin()
        except OperationalError as exc:
            if is_busy(exc):
                return
            self._is_run = True
            self._fail(exc)
        else:
            try:
                self._run_each()
            except SpoiledError:
                self._undo()

    def run(self) -> None:
        """Have every use case be run, or each have the error that kept it from that."""
        self._highest_lane = self.memory.lanes.highest
        while not self._is_run:
            try:
                self._begin()
                self._run_each()
            except SpoiledError:
                self._undo()
            except BaseException as exc:  # noqa: BLE001 - the callers get it; the writer must not die of it
                self._is_run = True
                self._fail(exc)

    def _begin(self) -> None:
        """Open the transaction as a writer."""
        self.wire.begin("BEGIN IMMEDIATE")
        self._is_open = True

    def _rollback(self) -> None:
        """Undo whatever is open."""
        self._is_open = False
        self.wire.rollback()

    def _undo(self) -> None:
        """Be as before ``run``; the next time each use case has its savepoint."""
        self.memory.lanes.forget_above(self._highest_lane)
        self._careful = True
        self.hints, self.touched = [], []
        for item in self.writes:
            item.result, item.error, item.kept = None, None, False
        self._rollback()

    def _run_each(self) -> None:
        """Run one after the other. Raises ``SpoiledError`` where all must run again, each in its savepoint."""
        try:
            for item in self.writes:
                tx = self._run(item)
                if tx is not None:
                    self.hints += tx.hints
                    self.touched += tx.touched_lanes
                    self.hints += self.listeners if tx.has_news else ()
        except SpoiledError:
            raise
        except BaseException as exc:  # noqa: BLE001 - the callers get it; the writer must not die of it
            self._fail(exc)
        self._is_run = True

    def end(self) -> bool:
        """COMMIT what was run; return whether anything was."""
        kept = [item for item in self.writes if item.kept]
        if not self._is_open:
            return False
        try:
            if kept:
                _reach(kept, Edge.BEFORE)
                self._is_open = False
                self.wire.commit()
                _reach(kept, Edge.AFTER)
            else:
                self._rollback()
        except BaseException as exc:  # noqa: BLE001 - as above
            self._fail(exc)
            return False
        return bool(kept)

    def _fail(self, exc: BaseException) -> None:
        """Undo the transaction; let every caller have the error."""
        self.memory.lanes.forget_above(self._highest_lane)
        try:
            self._rollback()
        except SQLAlchemyError as lost:
            exc = lost
        for item in self.writes:
            item.error = translated(exc, self.path) if isinstance(exc, SQLAlchemyError) else exc

    def _run(self, item: Write) -> SqlTransaction | None:
        """Run one use case; one that fails leaves nothing behind and harms no other.

        Most that fail have written nothing yet, so savepoints are set only once one has: all run again then.

        Raises:
            SpoiledError: it failed after it had written, and has no savepoint.
            SQLAlchemyError: SQLite has ended the whole transaction (a full disk may do that).
        """
        tx = SqlTransaction(self.wire.connection, self.memory, self.clock, driver=self.wire)
        highest_lane = self.memory.lanes.highest
        written = self.wire.rows_written
        if self._careful:
            self.wire.run("SAVEPOINT use_case", ())
        try:
            try:
                item.result = item.use_case(tx)
            except HordeError as exc:
                if not exc.keeps_writes:
                    raise
                item.error = exc
            tx.flush()
        except BaseException as exc:
            self.memory.lanes.forget_above(highest_lane)
            item.error = translated(exc, self.path) if isinstance(exc, SQLAlchemyError) else exc
            if not self.wire.is_open:
                lost = exc if isinstance(exc, SQLAlchemyError) else SQLAlchemyError("the transaction has ended")
                raise lost from exc
            if self._careful:
                self.wire.run("ROLLBACK TO use_case", ())
                self.wire.run("RELEASE use_case", ())
            elif len(self.writes) > 1 and self.wire.rows_written != written:
                raise SpoiledError from exc
            return None
        if self._careful:
            self.wire.run("RELEASE use_case", ())
        item.kept = True
        return tx


def give_out(writes: Sequence[Write]) -> None:
    """Let the callers know what came of their writes: each event loop is woken once, not once a result."""
    for loop in {item.loop for item in writes}:
        try:
            loop.call_soon_threadsafe(set_results, [item for item in writes if item.loop is loop])
        except RuntimeError:
            log.debug("store.nobody_waits loop=closed")


def set_results(writes: Sequence[Write]) -> None:
    """Set each result or error that somebody still waits for."""
    for item in writes:
        if item.future.done():
            continue
        if item.error is not None:
            item.future.set_exception(item.error)
        else:
            item.future.set_result(item.result)


def _reach(writes: Sequence[Write], edge: Edge) -> None:
    """Pass the kill points of every step in the group."""
    for item in writes:
        if item.step is not None:
            reached(item.step, edge)
