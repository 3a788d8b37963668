"""The wires of one unit of work: opened when first wanted, used by one at a time, the last one used first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import greenlet_spawn

from core.store.postgres.connections import DATABASE_ERRORS, POOL_WAIT_S, STATEMENTS_KEPT, connect, is_lost
from core.store.postgres.wire import Begin, Wire

if TYPE_CHECKING:
    import asyncpg


class Wires:
    """At most so many wires to one database."""

    def __init__(self, url: sa.URL, *, most: int, begin: Begin) -> None:
        """Begin without any."""
        self._url = url
        self._begin = begin
        self._idle: list[Wire] = []
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

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Wire]:
        """Yield a wire for one transaction, which is rolled back unless it was committed.

        Raises SQLAlchemy's ``TimeoutError`` where all are in use for ``POOL_WAIT_S``, and what ``connect`` raises.
        """
        await self._take_place()
        try:
            wire = self._last_used() or await self._new()
            try:
                yield wire
            except DATABASE_ERRORS as exc:
                if is_lost(exc):
                    wire.drop()
                    self.forget()
                raise
            finally:
                await self._give_back(wire)
        finally:
            self._places.release()

    def forget(self) -> None:
        """Hang up all that are idle: the server has gone, or what they have prepared is of an older schema."""
        idle, self._idle = self._idle, []
        for wire in idle:
            wire.drop()

    async def aclose(self) -> None:
        """Close the idle ones; those in use are closed when they are given back."""
        self._closed = True
        idle, self._idle = self._idle, []
        for wire in idle:
            await wire.close()

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(POOL_WAIT_S):
                await self._places.acquire()
        except TimeoutError as exc:
            message = f"no connection was free for {POOL_WAIT_S:.0f} s"
            raise sa.exc.TimeoutError(message) from exc

    def _last_used(self) -> Wire | None:
        """Return an idle wire, None where there is none; if it was hung up, so were those that wait longer."""
        if not self._idle:
            return None
        wire = self._idle.pop()
        if wire.is_closed:
            self.forget()
            return None
        return wire

    async def _give_back(self, wire: Wire) -> None:
        try:
            await wire.clear()
        except DATABASE_ERRORS:
            return  # it is closed now, and that takes back what was not committed
        if self._closed:
            await wire.close()
        elif not wire.is_closed:
            self._idle.append(wire)

    async def _new(self) -> Wire:
        """Return a wire that was just opened."""
        raw = await connect(self._url)
        try:
            async with self._dressing:
                self._raw = raw
                connection = await greenlet_spawn(self.engine.connect)
            connection.detach()  # it belongs to its wire from here on, and to no pool of SQLAlchemy's
        except BaseException:
            raw.terminate()
            raise
        return Wire(raw, connection, begin=self._begin, say=self._say)

    def _dressed(self) -> object:
        """Return the connection that is being opened as SQLAlchemy wants it."""
        raw = self._raw

        async def opened() -> object:
            return raw

        return self.engine.dialect.loaded_dbapi.connect(
            async_creator_fn=opened, prepared_statement_cache_size=STATEMENTS_KEPT
        )

    def _say(self, statement: str) -> None:
        for ear in self.ears:
            ear(statement)

    def _overhear(self, _connection: sa.Connection, _cursor: object, statement: str, *_rest: object) -> None:
        self._say(statement)
