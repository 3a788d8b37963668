"""The wires of one unit of work: opened when first wanted, used by one at a time, the last one used first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import greenlet_spawn

from core.store.postgres.connections import (
    ANSWER_WAIT_S,
    DATABASE_ERRORS,
    POOL_WAIT_S,
    STATEMENTS_KEPT,
    connect,
    is_lost,
)
from core.store.postgres.wire import Begin, Wire

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")


class Wires:
    """At most so many wires to one database."""

    def __init__(self, url: sa.URL, *, most: int, begin: Begin, answer_wait_s: float = ANSWER_WAIT_S) -> None:
        """Begin without any. answer_wait_s: so long an answer is waited for, and a twelfth of that longer."""
        self._url = url
        self._begin = begin
        self._answer_wait_s = answer_wait_s
        self._idle: list[Wire] = []
        self._busy: set[Wire] = set()
        self._wires: dict[sa.Connection, Wire] = {}
        self._next_look: asyncio.TimerHandle | None = None
        self._places = asyncio.Semaphore(most)
        self._dressing = asyncio.Lock()
        self._raw: asyncpg.Connection | None = None
        self._closed = False
        self.ears: list[Callable[[str], None]] = []
        """Are told each statement and each COMMIT before it is sent, without values."""
        self.engine = create_async_engine(
            "postgresql+asyncpg://",
            creator=self._dressed,
            poolclass=sa.NullPool,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",  # the transactions are ours
        ).sync_engine
        """SQLAlchemy's own way to the same connections."""
        sa.event.listen(self.engine, "before_cursor_execute", self._overhear)

    async def run(self, work: Callable[[Wire], T]) -> T:
        """Return what the work returned, on a wire with a transaction that is rolled back unless it was committed.

        Raises SQLAlchemy's ``TimeoutError`` where all are in use for ``POOL_WAIT_S``, what ``connect`` raises, and
        what the work raises.
        """
        if self._places.locked():
            await self._wait_for_place()
        else:
            await self._places.acquire()
        try:
            wire = self._last_used() or await self._new()
            self._busy.add(wire)
            self._watch()
            try:
                return await greenlet_spawn(work, wire)
            except DATABASE_ERRORS as exc:
                if is_lost(exc):
                    wire.drop()
                    self.forget()
                raise
            finally:
                if not wire.is_clear:
                    await self._clear(wire)
                self._give_back(wire)
        finally:
            self._places.release()

    def forget(self) -> None:
        """Hang up all that are idle: the server has gone, or what they have prepared is of an older schema."""
        idle, self._idle = self._idle, []
        for wire in idle:
            self._drop(wire)

    async def aclose(self) -> None:
        """Close the idle ones; those in use are closed when they are given back."""
        self._closed = True
        if self._next_look is not None:
            self._next_look.cancel()
        idle, self._idle = self._idle, []
        for wire in idle:
            self._wires.pop(wire.connection, None)
            await wire.close()

    async def _wait_for_place(self) -> None:
        try:
            async with asyncio.timeout(POOL_WAIT_S):
                await self._places.acquire()
        except TimeoutError as exc:
            message = f"no connection was free for {POOL_WAIT_S:.0f} s"
            raise sa.exc.TimeoutError(message) from exc

    def _watch(self) -> None:
        """Begin to look after those in use, unless that has begun: one timer for all, not one a statement."""
        if self._next_look is None:
            self._next_look = asyncio.get_running_loop().call_later(self._answer_wait_s / 12, self._look)

    def _look(self) -> None:
        """Hang up each wire whose statement has no answer for too long: its user is told that it was lost."""
        self._next_look = None
        late_s = time.monotonic() - self._answer_wait_s
        for wire in self._busy:
            if wire.asked_s < late_s:
                wire.drop()
        if self._busy:
            self._watch()

    def _last_used(self) -> Wire | None:
        """Return an idle wire, None where there is none; if it was hung up, so were those that wait longer."""
        if not self._idle:
            return None
        wire = self._idle.pop()
        if wire.is_closed:
            self._drop(wire)
            self.forget()
            return None
        return wire

    async def _clear(self, wire: Wire) -> None:
        try:
            await wire.clear()
        except DATABASE_ERRORS:
            wire.drop()  # that takes back what was not committed
        except BaseException:
            wire.drop()
            self._busy.discard(wire)
            self._wires.pop(wire.connection, None)
            raise

    def _give_back(self, wire: Wire) -> None:
        self._busy.discard(wire)
        if self._closed or wire.is_closed:
            self._drop(wire)
        else:
            self._idle.append(wire)

    def _drop(self, wire: Wire) -> None:
        self._wires.pop(wire.connection, None)
        wire.drop()

    async def _new(self) -> Wire:
        """Return a wire that was just opened."""
        # ``_look`` waits for all answers.
        raw = await connect(self._url, answer_wait_s=None, read_only=self._begin is Begin.LOOKING)
        try:
            async with self._dressing:
                self._raw = raw
                try:
                    connection = await greenlet_spawn(self.engine.connect)
                finally:
                    self._raw = None
            connection.detach()  # it belongs to its wire from here on, and to no pool of SQLAlchemy's
        except BaseException:
            raw.terminate()
            raise
        wire = self._wires[connection] = Wire(raw, connection, begin=self._begin, say=self._say)
        return wire

    def _dressed(self) -> object:
        """Return the connection that is being opened as SQLAlchemy wants it; there is none to reconnect to."""
        raw, self._raw = self._raw, None
        if raw is None:
            message = "a connection that was given up is asked again: nothing may reconnect to another wire's"
            raise sa.exc.InvalidRequestError(message)

        async def opened() -> object:
            return raw

        return self.engine.dialect.loaded_dbapi.connect(
            async_creator_fn=opened, prepared_statement_cache_size=STATEMENTS_KEPT
        )

    def _say(self, statement: str) -> None:
        for ear in self.ears:
            ear(statement)

    def _overhear(self, connection: sa.Connection, _cursor: object, statement: str, *_rest: object) -> None:
        wire = self._wires.get(connection)
        if wire is not None:
            wire.catch_up()
            wire.asked_s = time.monotonic()
            self._say(statement)
