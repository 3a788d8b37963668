"""What a store says to its database, statement by statement."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
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

    end = _listen(uow, hear)
    try:
        yield said
    finally:
        end()


def hear_commits(uow: Store, call: Callable[[], None]) -> None:
    """Have a call made whenever a write of this store is about to be committed, for the rest of its life."""
    _listen(uow, lambda statement: call() if statement == "COMMIT" else None)


def _listen(uow: Store, hear: Callable[[str], None]) -> Callable[[], None]:
    """Have a call hear each statement of the store's writes; return what ends that."""
    if isinstance(uow, SqliteUnitOfWork):
        raw = uow._wire.connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_trace_callback(hear)
        return partial(raw.set_trace_callback, None)
    assert isinstance(uow, PostgresUnitOfWork)
    uow._writers.ears.append(hear)
    return partial(uow._writers.ears.remove, hear)
