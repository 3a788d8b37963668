"""Connections to a PostgreSQL server, set up the one right way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidatePoolError, SQLAlchemyError

from core.domain.errors import Conflict, HordeError, InvalidRequest, Unavailable

try:
    import asyncpg
    from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
except ImportError as missing:  # the extra is not installed
    message = f"PostgreSQL needs a driver that is not installed ({missing}). Run: pip install 'horde-suite[postgres]'"
    raise Unavailable(message) from missing

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

PREFIX: Final = "postgresql://"
FORMS: Final = "postgresql://user:password@host:5432/horde or postgresql:///horde?host=/run/postgresql"
_UNUSABLE: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError)
DRIVER_ERRORS: Final = (DBAPIError, OSError, asyncpg.PostgresError, *_UNUSABLE)
DATABASE_ERRORS: Final = (SQLAlchemyError, *DRIVER_ERRORS)
POOL_WAIT_S: Final = 30.0
CONNECT_WAIT_S: Final = 10.0
ANSWER_WAIT_S: Final = 120.0
"""A statement that has no answer after this long is given up: the way to the server may be cut without a word."""
STATEMENTS_KEPT: Final = 500
_SETTINGS: Final = {
    "application_name": "horde-suite",
    # A statement is planned once a connection, perhaps while its tables are small: it must use their indexes even then.
    "plan_cache_mode": "force_generic_plan",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling a plan costs more than our short statements take
    "timezone": "UTC",
    "lock_timeout": "20s",
    "idle_in_transaction_session_timeout": "60s",
}
_LOST: Final = ("57P01", "57P02", "57P03")
_ADVICE: Final[Mapping[str, str]] = {
    "25006": "This is a read-only view; write in a transaction of its own.",
    "3D000": "Make the database once: createdb NAME",
    "42P01": "Run `horde db upgrade` once.",
    "42703": "Run `horde db upgrade` once.",
    "53100": "Free some space on the server's disk; nothing that was accepted is lost.",
    "53300": "Raise the server's max_connections, or lower data.database_connections.",
    "40001": "Many wanted the same rows at once; try again in a moment.",
    "40P01": "Many wanted the same rows at once; try again in a moment.",
    "42501": "Let this user of the database own its tables: ALTER DATABASE ... OWNER TO ...",
    "55P03": "Another transaction holds the rows; try again in a moment.",
}
_ADVICE_BY_CLASS: Final = {
    "28": "Check the user and the password in data.database_url.",
    "42": "This is a fault of this program; please report it.",
}
_BACK: Final = "Look whether the server runs and can be reached; all goes on by itself when it is back."


def url_of(database_url: str) -> sa.URL:
    """Return the URL in parts; raises ``Unavailable`` for one that is not understood. It may hold a password."""
    try:
        url = sa.make_url(database_url)
        port = url.query.get("port")
        url = url if port is None else url.difference_update_query(["port"]).set(port=int(str(port)))
    except (ArgumentError, ValueError) as exc:
        raise Unavailable(f"The database URL postgresql://... is not understood: write {FORMS}.") from exc
    unknown = sorted(set(url.query) - {"host", "sslmode"})
    if url.drivername != "postgresql" or not url.database or unknown:
        wrong = f" ({', '.join(unknown)} is unknown)" if unknown else ""
        raise Unavailable(f"The database URL {shown(url)} is not understood{wrong}: write {FORMS}.")
    return url


def shown(url: sa.URL) -> str:
    """Return the URL as it may be shown: without its password."""
    return url.render_as_string(hide_password=True).replace("%2F", "/")


async def connect(
    url: sa.URL, *, answer_wait_s: float | None = ANSWER_WAIT_S, read_only: bool = False
) -> asyncpg.Connection:
    """Return an open connection whose sums are whole numbers, as on SQLite. read_only: unless it is told otherwise."""
    host, tls = url.query.get("host", url.host), url.query.get("sslmode")
    connection = await asyncpg.connect(
        host=host,
        port=url.port,
        user=url.username,
        password=url.password,
        database=url.database,
        ssl=tls,
        timeout=CONNECT_WAIT_S,
        command_timeout=answer_wait_s,
        statement_cache_size=STATEMENTS_KEPT,
        server_settings=_SETTINGS | ({"default_transaction_read_only": "on"} if read_only else {}),
    )
    # No column of ours is NUMERIC: where one comes back, it is a sum of whole numbers, or an average.
    await connection.set_type_codec("numeric", schema="pg_catalog", encoder=str, decoder=_number, format="text")
    return connection


def engine_for(
    url: sa.URL, *, connections: int, read_only: bool = False, answer_wait_s: float | None = ANSWER_WAIT_S
) -> AsyncEngine:
    """Return an engine of at most so many connections: READ COMMITTED, or one consistent read-only view each."""

    def creator() -> object:
        return engine.sync_engine.dialect.loaded_dbapi.connect(  # what ``async_creator`` does, and the cache's size
            async_creator_fn=lambda: connect(url, answer_wait_s=answer_wait_s),
            prepared_statement_cache_size=STATEMENTS_KEPT,
        )

    engine = create_async_engine(
        "postgresql+asyncpg://",
        creator=creator,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
        pool_use_lifo=True,
        hide_parameters=True,
        isolation_level="REPEATABLE READ" if read_only else "READ COMMITTED",
        execution_options={"postgresql_readonly": True} if read_only else {},
    )

    @sa.event.listens_for(engine.sync_engine, "checkout")
    def _look(connection: DBAPIConnection, _entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        # Costs no round trip: asyncpg knows when the server has hung up. Then the other connections are gone as well.
        if connection.driver_connection is None or connection.driver_connection.is_closed():
            raise InvalidatePoolError

    return engine


def translated(exc: BaseException, url: sa.URL) -> HordeError:
    """Return what a database error means to the rest of the suite: what, where, what to do next."""
    state, reason = sqlstate_of(exc), _reason(exc)
    if state.startswith("23"):
        return Conflict(f"The database refused a row that contradicts another ({reason}). Look at what is there first.")
    if state.startswith("22") or isinstance(_driver_error(exc), asyncpg.DataError):
        return InvalidRequest(f"A value cannot be stored in the database ({reason}). Send another one.")
    advice = _ADVICE.get(state) or _ADVICE_BY_CLASS.get(state[:2])
    if isinstance(exc, sa.exc.TimeoutError):
        reason = f"every connection was in use for {POOL_WAIT_S:.0f} s"
        advice = "Try again in a moment; if this goes on, raise data.database_connections."
    elif advice is None:
        advice = _BACK if is_lost(exc) else "Try again in a moment."
    return Unavailable(f"The database {shown(url)} does not answer ({reason}). {advice}")


def unknown_end(exc: BaseException, url: sa.URL) -> Unavailable:
    """Return what is said when the server went away between the COMMIT and its answer."""
    return Unavailable(
        f"The database {shown(url)} went away while it was asked to COMMIT ({_reason(exc)}): it is not known whether "
        "that was kept. Look at what is there before you ask again; with the same idempotency key, asking is safe."
    )


def sqlstate_of(exc: BaseException) -> str:
    """Return PostgreSQL's five letters for what went wrong, "" where it has said none."""
    return str(getattr(_driver_error(exc), "sqlstate", None) or "")


def is_lost(exc: BaseException) -> bool:
    """Tell whether the connection is gone, or never was there."""
    if isinstance(exc, OSError) or (isinstance(exc, DBAPIError) and exc.connection_invalidated):
        return True
    state = sqlstate_of(exc)
    return state.startswith("08") or state in _LOST or isinstance(_driver_error(exc), _UNUSABLE)


def is_stale(exc: BaseException) -> bool:
    """Tell whether what a connection has prepared no longer fits the schema."""
    below = _driver_error(exc)
    return sqlstate_of(exc) == "0A000" or isinstance(below, asyncpg.exceptions.OutdatedSchemaCacheError)


def _driver_error(exc: BaseException) -> BaseException:
    """Return asyncpg's own error, which may lie below SQLAlchemy's two."""
    if not isinstance(exc, DBAPIError) or exc.orig is None:
        return exc
    return exc.orig.__cause__ if isinstance(exc.orig.__cause__, Exception) else exc.orig


def _reason(exc: BaseException) -> str:
    """Return the error's first line; what follows it may quote what people wrote."""
    lines = str(_driver_error(exc)).strip().splitlines()
    return lines[0] if lines else type(_driver_error(exc)).__name__


def _number(text: str) -> int | float:
    """Return a NUMERIC as the number that SQLite would give."""
    return float(text) if "." in text or not text.lstrip("-").isdigit() else int(text)
