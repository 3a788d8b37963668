"""Connections to a SQLite file, set up the one right way."""

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from core.domain.errors import Conflict, HordeError, Unavailable
from core.store.dialect import SQLITE_SETTINGS

PREFIX = "sqlite:///"
WRITER_CACHE_KIB = 65_536


def path_of(database_url: str) -> Path:
    """Return the file that a ``sqlite:///`` URL names; raises ``Unavailable`` for any other URL."""
    if not database_url.startswith(PREFIX) or len(database_url) == len(PREFIX):
        message = (
            f"The database URL {database_url.partition(':')[0]}:... is not understood: write sqlite:////path/horde.db."
        )
        raise Unavailable(message)
    return Path(database_url.removeprefix(PREFIX))


def engine_for(path: Path, *, writes: bool) -> sa.Engine:
    """Return an engine whose transactions begin at once: ``BEGIN IMMEDIATE`` for the writer, a snapshot for readers."""
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        connect_args={"isolation_level": None, "check_same_thread": False, "cached_statements": 256},
    )

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for setting in SQLITE_SETTINGS:
            cursor.execute(setting)
        # The writer's own cache, as far as it is used: the heads of many lanes in a long queue lie on many pages.
        cursor.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}" if writes else "PRAGMA query_only = ON")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if not in_transaction(connection):  # else a wire has begun it
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def translated(exc: SQLAlchemyError, path: Path) -> HordeError:
    """Return what a database error means to the rest of the suite: what, where, what to do next."""
    reason = str(exc.orig) if isinstance(exc, DBAPIError) else str(exc)
    if isinstance(exc, IntegrityError):
        return Conflict(f"The database refused a row that contradicts another ({reason}). Look at what is there first.")
    advice = "Try again in a moment."
    if "full" in reason or "disk I/O" in reason:
        advice = "Free some space on the disk, or raise the limit of a file's size; nothing that was accepted is lost."
    elif "readonly" in reason or "read-only" in reason or "unable to open" in reason:
        advice = "Check that the folder exists and that this user may write in it."
    elif "locked" in reason or "busy" in reason:
        advice = "Another program holds the database; try again in a moment."
    elif "no such table" in reason or "no such column" in reason:
        advice = "Run `horde db upgrade` once."
    elif "malformed" in reason or "not a database" in reason:
        advice = "Stop the horde and put back the latest backup of the file."
    return Unavailable(f"The database {path} does not answer ({reason}). {advice}")


def in_transaction(connection: sa.Connection) -> bool:
    """Tell whether SQLite itself still has the transaction open; some errors end it without asking."""
    raw = connection.connection.dbapi_connection
    return isinstance(raw, sqlite3.Connection) and raw.in_transaction


def is_busy(exc: OperationalError) -> bool:
    """Tell whether another connection is writing now."""
    return isinstance(exc.orig, sqlite3.OperationalError) and exc.orig.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
