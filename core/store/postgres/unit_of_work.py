"""The unit of work on PostgreSQL: as many transactions at once as it has connections, and the only COMMIT there."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from core.domain.errors import HordeError, Unavailable
from core.domain.workers.offer import WorkerOffer
from core.ports.clock import Clock
from core.ports.points import Edge, Step, reached
from core.ports.store import ReadTransaction, Transaction
from core.ports.wakeup import Wakeup
from core.store.memory import Memory
from core.store.meters import StoreMeters
from core.store.migrate import CORE_REVISION
from core.store.postgres.connections import (
    DATABASE_ERRORS,
    DRIVER_ERRORS,
    is_lost,
    is_stale,
    shown,
    sqlstate_of,
    translated,
    unknown_end,
    url_of,
)
from core.store.postgres.notices import Notices
from core.store.postgres.wire import Begin, Wire
from core.store.postgres.wires import Wires
from core.store.transaction import SqlTransaction, connection_of

log = logging.getLogger(__name__)
T = TypeVar("T")
READERS: Final = 4
ECHO_S: Final = 0.05
_VERSIONS: Final = sa.text("SELECT version_num FROM alembic_version")
_EVENTS_WRITTEN: Final = sa.text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_seq_seq")


class _Again(StrEnum):
    """Why a use case may be run once more from its beginning."""

    RACE = "race"  # a deadlock, or rows that changed: somebody went first
    UNIQUE = "unique"  # the same key at the same moment: next time the other's row is there to be found
    LOST = "lost"  # the connection was gone before the COMMIT: nothing has happened
    STALE = "stale"  # what was prepared is of an older schema: it is prepared anew


_TRIES: Final = {_Again.RACE: 6, _Again.UNIQUE: 2, _Again.LOST: 1, _Again.STALE: 1}
_PAUSE_S: Final = 0.005


@dataclass(slots=True)
class _Attempt:
    """How far one attempt has come."""

    tx: SqlTransaction | None = None
    result: Any = None  # what a use case returns is its caller's business
    error: HordeError | None = None
    asked_to_commit: bool = False


class PostgresUnitOfWork:
    """Runs use cases on one PostgreSQL database. Any number of processes may have one each on it."""

    def __init__(
        self, url: sa.URL, *, clock: Clock, key_secret: str, wakeup: Wakeup | None, connections: int = 10
    ) -> None:
        """Hold the pools, still without a connection; use ``open``."""
        self._url = url
        self._clock = clock
        self._wakeup = wakeup
        self._memory = Memory(key_secret)
        self.meters = StoreMeters()
        self._listeners: list[Callable[[], None]] = []
        self._writers = Wires(url, most=connections, begin=Begin.WRITING)
        self._readers = Wires(url, most=READERS, begin=Begin.LOOKING)
        self._notices = Notices(url, on_lanes=self._wake, on_events=self._call_listeners)
        self._listening: asyncio.Task[None] | None = None
        self._echo: asyncio.TimerHandle | None = None
        self._others_events = 0
        self._closed = False

    @classmethod
    async def open(
        cls,
        database_url: str,
        *,
        clock: Clock,
        key_secret: str = "",
        wakeup: Wakeup | None = None,
        connections: int = 10,
    ) -> "PostgresUnitOfWork":
        """Return the unit of work on a migrated database; it belongs to the running event loop.

        Raises ``Unavailable`` where the database cannot be reached, or is not at this program's schema.
        """
        unit = cls(url_of(database_url), clock=clock, key_secret=key_secret, wakeup=wakeup, connections=connections)
        try:
            await unit._check_schema()
            await unit.changed_elsewhere()
        except BaseException:
            await unit.aclose()
            raise
        # The one task that is the store's own: it never ends by itself, and ``aclose`` waits for its end.
        unit._listening = asyncio.get_running_loop().create_task(unit._notices.run(), name="store-notices")
        return unit

    async def aclose(self) -> None:
        """End the listening and close the connections; a second call does nothing."""
        self._closed = True
        if self._echo is not None:
            self._echo.cancel()
        listening, self._listening = self._listening, None
        if listening is not None:
            await self._notices.said()
            listening.cancel()
            await asyncio.wait([listening])
        await self._writers.aclose()
        await self._readers.aclose()

    async def write(self, use_case: Callable[[Transaction], T], *, step: Step | None = None, brief: bool = False) -> T:
        """Return what the use case returned, after its COMMIT; raise its error after its rollback.

        It runs again from its beginning where others were in its way (a deadlock, the same unique key at the same
        moment) or where the connection was gone before the COMMIT; so it must do nothing but what its transaction does.
        """
        with self.meters.writing():
            attempt = await self._write(use_case, step)
        if attempt.tx is not None:
            self._after(attempt.tx)
        if attempt.error is not None:
            raise attempt.error
        result: T = attempt.result
        return result

    async def _write(self, use_case: Callable[[Transaction], Any], step: Step | None) -> _Attempt:
        """Return the attempt that was committed."""
        tries: Counter[_Again] = Counter()
        while True:
            self._check_open()
            attempt = _Attempt()
            try:
                await self._writers.run(partial(self._run, attempt=attempt, use_case=use_case, step=step))
            except DATABASE_ERRORS as exc:
                if attempt.asked_to_commit and is_lost(exc):
                    raise unknown_end(exc, self._url) from exc
                again = _why_again(exc)
                if again is None or tries[again] == _TRIES[again]:
                    raise translated(exc, self._url) from exc
                tries[again] += 1
                if again is _Again.STALE:
                    self._writers.forget()
            else:
                return attempt
            await asyncio.sleep(random.uniform(0, _PAUSE_S * 2 ** tries.total()))

    async def read(self, query: Callable[[ReadTransaction], T], *, brief: bool = False, loose: bool = False) -> T:
        """Return what the query returned from one consistent view."""
        tries = 0
        while True:
            self._check_open()
            try:
                return await self._readers.run(lambda wire: self._look(wire, query, loose=loose))
            except DATABASE_ERRORS as exc:
                again = _why_again(exc)
                if again not in (_Again.LOST, _Again.STALE) or tries == _TRIES[again]:
                    raise translated(exc, self._url) from exc
                if again is _Again.STALE:
                    self._readers.forget()
                tries += 1

    def on_events(self, call: Callable[[], None]) -> None:
        """Have a hint run after each COMMIT that wrote events, here or in another process, on the event loop."""
        self._listeners.append(call)

    def fits(self, offer: WorkerOffer) -> Callable[[int], bool]:
        """Return a test of lane numbers for held pops; a lane that is not known yet may fit."""
        return self._memory.lanes.test_of(offer)

    async def changed_elsewhere(self) -> bool:
        """Tell whether another process has written events since the last call, or could not say so by a notice."""
        missed, self._notices.missed = self._notices.missed, False
        last = await self.read(lambda tx: connection_of(tx).scalar(_EVENTS_WRITTEN))
        others = int(last or 0) - self._memory.events_written
        changed, self._others_events = others > self._others_events, others
        return changed or missed

    def _check_open(self) -> None:
        if self._closed:
            message = f"The database {shown(self._url)} is closed here. Start the horde again."
            raise Unavailable(message)

    async def _check_schema(self) -> None:
        """Raise ``Unavailable`` unless the database is at the schema that this program was written for."""
        try:
            found = await self.read(lambda tx: connection_of(tx).scalars(_VERSIONS).all())
        except Unavailable as exc:
            if exc.__cause__ is None or sqlstate_of(exc.__cause__) != "42P01":
                raise
            found = []
        if CORE_REVISION not in found:
            message = (
                f"The database {shown(self._url)} is not at this program's schema ({CORE_REVISION}). "
                "Run `horde db upgrade` with this version of the horde."
            )
            raise Unavailable(message)

    def _run(self, wire: Wire, *, attempt: _Attempt, use_case: Callable[[Transaction], Any], step: Step | None) -> None:
        """Run the use case in one transaction and commit it; raises what went wrong."""
        wire.begin()
        attempt.tx = SqlTransaction(wire.connection, self._memory, self._clock, driver=wire)
        try:
            attempt.result = use_case(attempt.tx)
        except HordeError as exc:
            if not exc.keeps_writes:
                raise
            attempt.error = exc
        wire.end()
        attempt.tx.flush()
        if step is not None:
            reached(step, Edge.BEFORE)
        attempt.asked_to_commit = True
        wire.commit()
        if step is not None:
            reached(step, Edge.AFTER)

    def _look(self, wire: Wire, query: Callable[[ReadTransaction], T], *, loose: bool) -> T:
        """Return what the query returns. loose: each statement is a view by itself, without BEGIN and ROLLBACK."""
        if not loose:
            wire.begin()
        found = query(SqlTransaction(wire.connection, self._memory, self._clock, is_read=True, driver=wire))
        wire.catch_up()
        return found

    def _after(self, tx: SqlTransaction) -> None:
        """Let everyone know what was committed; a hint that fails takes nothing back."""
        for hint in tx.hints:
            _call(hint)
        news = tx.has_news
        if tx.touched_lanes:
            self._wake(tx.touched_lanes)
        if news:
            self._call_listeners()
            # An event is shown to readers only when every older transaction has ended, which may be a moment from now.
            if self._echo is None:
                self._echo = asyncio.get_running_loop().call_later(ECHO_S, self._call_again)
        self._notices.tell(tx.touched_lanes, news=news)

    def _call_again(self) -> None:
        self._echo = None
        self._call_listeners()

    def _call_listeners(self) -> None:
        for listener in self._listeners:
            _call(listener)

    def _wake(self, lane_ids: Iterable[int]) -> None:
        wakeup = self._wakeup
        if wakeup is not None:
            _call(lambda: wakeup.notify(lane_ids))


def _call(hint: Callable[[], None]) -> None:
    """Run a hint; one that fails is logged and harms nobody."""
    try:
        hint()
    except Exception as exc:
        log.warning("store.hint_failed error=%s", exc, exc_info=exc)


def _why_again(exc: BaseException) -> _Again | None:
    """Return why the use case may be run once more, None where that would not help."""
    state = sqlstate_of(exc)
    if state in ("40001", "40P01"):
        return _Again.RACE
    if state == "23505":
        return _Again.UNIQUE
    if is_stale(exc):
        return _Again.STALE
    return _Again.LOST if isinstance(exc, DRIVER_ERRORS) and is_lost(exc) else None
