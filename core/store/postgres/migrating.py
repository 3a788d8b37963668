"""Synchronous work on a PostgreSQL database for who has no event loop: migrations, and a look at what is there."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import sqlalchemy as sa

from core.store.postgres.connections import DATABASE_ERRORS, engine_for, translated, url_of
from core.store.postgres.locks import take_turn

T = TypeVar("T")
_VERSIONS: Final = sa.text("SELECT version_num FROM alembic_version")


def in_transaction(database_url: str, work: Callable[[sa.Connection], T]) -> T:
    """Return what ``work`` returned, after its COMMIT; may be called where an event loop runs, which then waits.

    Raises ``Unavailable`` where the database cannot be reached or refuses.
    """
    url = url_of(database_url)

    async def run() -> T:
        engine = engine_for(url, connections=1, answer_wait_s=None)
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        except DATABASE_ERRORS as exc:
            raise translated(exc, url) from exc
        finally:
            await engine.dispose()

    with ThreadPoolExecutor(1, thread_name_prefix="store-migrate") as thread:
        return thread.submit(asyncio.run, run()).result()


def revisions(database_url: str) -> frozenset[str]:
    """Return the revisions that the database is at; none where nothing was ever made. Raises ``Unavailable``."""

    def look(connection: sa.Connection) -> frozenset[str]:
        if not sa.inspect(connection).has_table("alembic_version"):
            return frozenset()
        return frozenset(connection.scalars(_VERSIONS))

    return in_transaction(database_url, look)


def migrate(database_url: str, run: Callable[[sa.Connection], None]) -> None:
    """Have the scripts run in one transaction; of several processes that begin at once, one after the other."""

    def alone(connection: sa.Connection) -> None:
        take_turn(connection, "migrate")
        run(connection)

    in_transaction(database_url, alone)
