"""The two ends of a copy: a database that nobody else uses, open in one transaction."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.domain.errors import Unavailable
from core.store.sqlite.connections import engine_for, path_of, translated
from core.store.urls import is_postgres_url, shown

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.pool import ConnectionPoolEntry

LEAVING_S: Final = 2.0
"""A connection that was just closed is seen by the server for a moment longer."""
LOOK_S: Final = 0.1
_OTHERS: Final = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND application_name = current_setting('application_name')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """An open transaction. run: runs plain code that uses the connection; None where it may just be called."""

    connection: sa.Connection
    run: Callable[[Callable[[], Any]], Awaitable[Any]] | None  # what the code returns is its caller's business


@asynccontextmanager
async def opened(database_url: str, *, writes: bool) -> AsyncIterator[End]:
    """One transaction on a database that no horde has open, for as long as the block runs; committed at its clean end.

    Raises ``Unavailable`` where a horde uses the database, or it does not answer.
    """
    if is_postgres_url(database_url):
        async with _on_server(database_url, writes=writes) as end:
            yield end
    else:
        with _on_file(database_url) as connection:
            yield End(connection=connection, run=None)


@contextmanager
def _on_file(database_url: str) -> Iterator[sa.Connection]:
    """A transaction on a SQLite file that nobody else has open, nor can open meanwhile."""
    path = path_of(database_url)
    engine = engine_for(path, writes=True)
    sa.event.listen(engine, "connect", _keep_alone)
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as exc:
        if not _is_sqlites(exc):
            raise
        if "locked" in str(exc):
            raise _in_use(database_url) from exc
        raise translated(exc, path) from exc
    finally:
        engine.dispose()


def _keep_alone(connection: "DBAPIConnection", _entry: "ConnectionPoolEntry") -> None:
    """Have SQLite refuse the first transaction where any other connection is open, also one that does nothing."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 500")
    cursor.execute("PRAGMA locking_mode = EXCLUSIVE")
    cursor.close()


@asynccontextmanager
async def _on_server(database_url: str, *, writes: bool) -> AsyncIterator[End]:
    """A transaction on a PostgreSQL database: one consistent view where it only reads."""
    from core.store.postgres import connections as postgres

    url = postgres.url_of(database_url)
    engine = postgres.engine_for(url, connections=1, read_only=not writes, answer_wait_s=None)
    try:
        async with engine.connect() as opening:
            await _check_alone(opening, database_url)
            async with opening.begin():
                await opening.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")

                async def run(work: Callable[[], Any]) -> Any:  # noqa: ANN401 - as above
                    return await opening.run_sync(lambda _: work())

                yield End(connection=await opening.run_sync(lambda connection: connection), run=run)
    except postgres.DATABASE_ERRORS as exc:
        if _is_sqlites(exc):
            raise
        raise postgres.translated(exc, url) from exc
    finally:
        await engine.dispose()


async def _check_alone(connection: "AsyncConnection", database_url: str) -> None:
    """Raise ``Unavailable`` where another program of ours has the database open."""
    for _ in range(round(LEAVING_S / LOOK_S)):
        others = await connection.scalar(_OTHERS)
        await connection.rollback()
        if not others:
            return
        await asyncio.sleep(LOOK_S)
    raise _in_use(database_url)


def _in_use(database_url: str) -> Unavailable:
    """Return what is said where a horde may be running on the database."""
    return Unavailable(
        f"Another program has {shown(database_url)} open, most likely a running horde. Stop it first (Ctrl-C in its "
        "terminal), so that nothing is written while it is copied."
    )


def _is_sqlites(exc: BaseException) -> bool:
    """Tell whether the error came from a SQLite file."""
    return isinstance(exc, DBAPIError) and isinstance(exc.orig, sqlite3.Error)
