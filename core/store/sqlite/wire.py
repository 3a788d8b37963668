"""A wire: one connection to a SQLite file, with the shortest way to it beside SQLAlchemy's."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError


class Wire:
    """One connection; its BEGIN, COMMIT and ROLLBACK, and statements in the driver's own words.

    SQLAlchemy stands over the same connection for every other statement, and joins the transaction that is open.
    """

    __slots__ = ("_raw", "connection")

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over a connection of an engine of ``engine_for``."""
        raw: object = connection.connection.dbapi_connection
        if not isinstance(raw, sqlite3.Connection):
            raise TypeError(type(raw).__name__)
        self.connection = connection
        self._raw = raw

    @property
    def is_open(self) -> bool:
        """True while SQLite itself has a transaction open; some errors end it without asking."""
        return self._raw.in_transaction

    @property
    def rows_written(self) -> int:
        """How many rows this connection has written since it was opened."""
        return self._raw.total_changes

    def begin(self, how: str = "BEGIN") -> None:
        """Begin the transaction, ``BEGIN IMMEDIATE`` to write."""
        self.run(how, ())

    def commit(self) -> None:
        """Return when what was written is on the disk."""
        if self.connection.in_transaction():  # a statement was run SQLAlchemy's own way
            self.connection.commit()
        else:
            self.run("COMMIT", ())

    def rollback(self) -> None:
        """Undo the transaction, if it is still open."""
        if self.connection.in_transaction():
            self.connection.rollback()
        elif self._raw.in_transaction:
            self.run("ROLLBACK", ())

    def wait_for_others(self, *, wait_ms: int) -> None:
        """Have a transaction that is about to begin wait so long for other processes' writes."""
        self._raw.execute(f"PRAGMA busy_timeout = {wait_ms}")

    def rows(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """Return the rows of a statement."""
        try:
            return self._raw.execute(sql, values).fetchall()
        except sqlite3.Error as exc:
            raise self._as_ours(exc, sql) from exc

    def run(self, sql: str, values: Sequence[Any]) -> int:
        """Return how many rows a statement changed."""
        try:
            return self._raw.execute(sql, values).rowcount
        except sqlite3.Error as exc:
            raise self._as_ours(exc, sql) from exc

    def _as_ours(self, exc: sqlite3.Error, sql: str) -> Exception:
        """Return the driver's error as SQLAlchemy would have raised it: the unit of work translates that."""
        made: BaseException = DBAPIError.instance(sql, None, exc, sqlite3.Error, dialect=self.connection.dialect)
        return made if isinstance(made, Exception) else exc
