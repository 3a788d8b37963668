"""What a store says to its database, statement by statement."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from core.store import SqliteUnitOfWork, Store
from core.store.postgres.unit_of_work import PostgresUnitOfWork

_BORDERS: Final = re.compile(r"BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|--", re.IGNORECASE)


@contextmanager
def spoken(uow: Store) -> Iterator[list[str]]:
    """Yield the statements that writes of this store send from now on; the borders of transactions are none."""
    said: list[str] = []

    def hear(statement: str) -> None:
        if not _BORDERS.match(statement.strip()):
            said.append(statement)

    if isinstance(uow, SqliteUnitOfWork):
        raw = uow._connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_trace_callback(hear)
        try:
            yield said
        finally:
            raw.set_trace_callback(None)
        return
    assert isinstance(uow, PostgresUnitOfWork)
    uow._writers.ears.append(hear)
    try:
        yield said
    finally:
        uow._writers.ears.remove(hear)
