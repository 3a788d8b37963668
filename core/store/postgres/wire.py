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
    """

    __slots__ = ("_begin", "_raw", "_say", "_statements", "asked_s", "connection")

    def __init__(
        self, raw: asyncpg.Connection, connection: sa.Connection, *, begin: Begin, say: Callable[[str], None]
    ) -> None:
        """Stand over both. say: is told each statement before it is sent, without its values."""
        self._raw = raw
        self._begin = begin.value
        self._say = say
        self._statements: dict[str, Any] = {}
        self.connection = connection
        self.asked_s = time.monotonic()
        """When the server was last asked something, by the monotonic clock."""

    @property
    def is_clear(self) -> bool:
        """True where nothing is open that the next user would find."""
        return bool(self._raw.is_closed() or not (self._raw.is_in_transaction() or self.connection.in_transaction()))

    @property
    def is_closed(self) -> bool:
        """True where the server, or we, have hung up, or SQLAlchemy will not use it again; costs no round trip.

        SQLAlchemy gives a connection up whose user is cancelled in the middle of a statement, and would open another.
        """
        return bool(self._raw.is_closed() or self.connection.invalidated)

    def begin(self) -> None:
        """Begin the transaction."""
        self.asked_s = time.monotonic()
        await_only(self._raw.execute(self._begin))

    def commit(self) -> None:
        """Commit the transaction; raises where the server did not, because a statement had failed before."""
        self._say("COMMIT")
        self.asked_s = time.monotonic()
        said = await_only(self._raw.execute("COMMIT"))
        if said != "COMMIT":
            message = f"the server answered {said} to a COMMIT"
            raise InvalidRequestError(message)

    def rows(self, sql: str, values: Sequence[object]) -> Sequence[Any]:
        """Return the rows of a statement; each is also a tuple."""
        self._say(sql)
        self.asked_s = time.monotonic()
        found: Sequence[Any] = await_only(self._prepared(sql).fetch(*values))
        return found

    def run(self, sql: str, values: Sequence[object]) -> int:
        """Return how many rows a statement changed."""
        self._say(sql)
        self.asked_s = time.monotonic()
        statement = self._prepared(sql)
        await_only(statement.fetch(*values))
        count = statement.get_statusmsg().rpartition(" ")[2]
        return int(count) if count.isdigit() else -1

    async def clear(self) -> None:
        """End what is still open, so that the next one begins anew; where that fails, drop the wire."""
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

    def _prepared(self, sql: str) -> Any:  # noqa: ANN401 - asyncpg has no types
        """Return the statement, prepared once a connection; of too many the oldest is forgotten."""
        statement = self._statements.get(sql)
        if statement is None:
            if len(self._statements) >= STATEMENTS_KEPT:
                del self._statements[next(iter(self._statements))]
            statement = self._statements[sql] = await_only(self._raw.prepare(sql))
        return statement
