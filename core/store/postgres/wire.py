"""One connection as hot statements use it: the driver's own prepared statements, with no layer between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.util import await_only

from core.store.postgres.connections import STATEMENTS_KEPT
from core.store.postgres.packets import Packets, executed

if TYPE_CHECKING:
    import asyncpg
    import sqlalchemy as sa

ROLLBACK_WAIT_S: Final = 5.0


class Begin(StrEnum):
    """How a transaction begins."""

    WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED"
    LOOKING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Wire:
    """A connection with the statements that it has prepared. One user at a time, inside of ``greenlet_spawn``.

    Each statement that is not hot goes through ``connection``, which is SQLAlchemy's, on the same transaction; it
    neither begins nor commits by itself.

    BEGIN goes out with the first statement, and COMMIT with the last of the write set, which is kept until then.
    """

    __slots__ = (
        "_begin",
        "_begins",
        "_borders",
        "_ends",
        "_kept",
        "_packets",
        "_raw",
        "_say",
        "_statements",
        "asked_s",
        "connection",
    )

    def __init__(
        self, raw: asyncpg.Connection, connection: sa.Connection, *, begin: Begin, say: Callable[[str], None]
    ) -> None:
        """Stand over both. say: is told each statement before it is sent, without its values."""
        self._raw = raw
        self._begin = begin.value
        self._say = say
        self._statements: dict[str, Any] = {}
        self._borders: dict[str, tuple[Any, bytes]] = {}
        self._packets = Packets(raw)
        self._begins = False
        self._ends = False
        self._kept: tuple[str, Sequence[object]] | None = None
        self.connection = connection
        self.asked_s = time.monotonic()
        """When the server was last asked something, by the monotonic clock."""

    @property
    def is_clear(self) -> bool:
        """True where nothing is open that the next user would find."""
        if self._raw.is_closed():
            return True
        return not (self._begins or self._raw.is_in_transaction() or self.connection.in_transaction())

    @property
    def is_closed(self) -> bool:
        """True where the server, or we, have hung up, or SQLAlchemy will not use it again; costs no round trip.

        SQLAlchemy gives a connection up whose user is cancelled in the middle of a statement, and would open another.
        """
        return bool(self._raw.is_closed() or self.connection.invalidated)

    def begin(self) -> None:
        """Have a transaction begin with the next statement."""
        self._begins = True

    def end(self) -> None:
        """Have what is written from here on go out with the COMMIT that follows."""
        self._ends = True

    def commit(self) -> None:
        """Commit the transaction; raises where the server did not, because a statement had failed before."""
        kept, self._kept, self._ends = self._kept, None, False
        if kept is None:
            self.catch_up()
            self._say("COMMIT")
            self.asked_s = time.monotonic()
            said = await_only(self._raw.execute("COMMIT"))
        else:
            said = self._ask(*kept, commits=True)[1]
        if said != "COMMIT":
            message = f"the server answered {said} to a COMMIT"
            raise InvalidRequestError(message)

    def catch_up(self) -> None:
        """Send what waits to go out with a statement: the next one is not this wire's, or there is none."""
        kept, self._kept = self._kept, None
        if kept is not None:
            self._ask(*kept)
        elif self._begins:
            self.asked_s = time.monotonic()
            await_only(self._raw.execute(self._begin))
            self._begins = False
            self._border(self._begin)

    def rows(self, sql: str, values: Sequence[object]) -> Sequence[Any]:
        """Return the rows of a statement; each is also a tuple."""
        if self._kept is not None:
            self.catch_up()
        found: Sequence[Any] = self._ask(sql, values)[0]
        return found

    def run(self, sql: str, values: Sequence[object]) -> int:
        """Return how many rows a statement changed, -1 where that is not known: it may be kept for the COMMIT."""
        if self._ends:
            # Where nothing was asked yet, BEGIN goes first: a wire that was lost is found out before the COMMIT.
            self.catch_up()
            self._kept = (sql, values)
            return -1
        if self._kept is not None:
            self.catch_up()
        count = self._ask(sql, values)[1].rpartition(" ")[2]
        return int(count) if count.isdigit() else -1

    async def clear(self) -> None:
        """End what is still open, so that the next one begins anew; where that fails, drop the wire."""
        self._begins, self._ends, self._kept = False, False, None
        if self.connection.in_transaction():
            self.connection.rollback()  # says nothing to the server: SQLAlchemy only forgets that it was used
        if not self._raw.is_closed() and self._raw.is_in_transaction():
            await self._raw.execute("ROLLBACK", timeout=ROLLBACK_WAIT_S)

    def drop(self) -> None:
        """Hang up at once."""
        self._raw.terminate()

    async def close(self) -> None:
        """Hang up as the server likes it, or at once where it does not answer."""
        with suppress(OSError, asyncio.TimeoutError):
            await self._raw.close(timeout=ROLLBACK_WAIT_S)

    def _ask(self, sql: str, values: Sequence[object], *, commits: bool = False) -> tuple[Sequence[Any], str]:
        """Return the rows of a statement and what the server said at its end, or at that of the COMMIT after it."""
        self._say(sql)
        if self._begins and not (sql in self._statements and self._begin in self._borders):
            # The driver prepares without a Sync: what comes next is in the transaction that looked at the tables.
            self.catch_up()
        statement, packets = self._prepared(sql), self._packets
        before = self._border(self._begin) if self._begins else b""
        after = self._border("COMMIT") if commits else b""
        if commits:
            self._say("COMMIT")
        self.asked_s = time.monotonic()
        packets.before, packets.after = before, after
        try:
            found = await_only(statement.fetch(*values))
        finally:
            self._begins = bool(packets.before)  # nothing was sent: a value was none that the statement takes
            packets.before = packets.after = b""
        return found, statement.get_statusmsg()

    def _border(self, sql: str) -> bytes:
        """Return the messages that begin or commit."""
        known = self._borders.get(sql)
        if known is None:
            statement = await_only(self._raw.prepare(sql))
            known = self._borders[sql] = (statement, executed(statement.get_name()))
        return known[1]

    def _prepared(self, sql: str) -> Any:  # noqa: ANN401 - asyncpg has no types
        """Return the statement, prepared once a connection; of too many the oldest is forgotten."""
        statement = self._statements.get(sql)
        if statement is None:
            if len(self._statements) >= STATEMENTS_KEPT:
                del self._statements[next(iter(self._statements))]
            statement = self._statements[sql] = await_only(self._raw.prepare(sql))
        return statement
