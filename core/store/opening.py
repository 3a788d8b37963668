"""Which store stands behind a database URL."""

from collections.abc import Callable
from typing import Protocol

from core.ports.clock import Clock
from core.ports.store import UnitOfWork
from core.ports.wakeup import Wakeup
from core.store.meters import StoreMeters
from core.store.sqlite.connections import path_of
from core.store.sqlite.unit_of_work import SqliteUnitOfWork
from core.store.urls import is_postgres_url

CONNECTIONS = 10


class Store(UnitOfWork, Protocol):
    """An open store: the unit of work, and what only its opener needs."""

    @property
    def meters(self) -> StoreMeters:
        """What the store measures of itself."""
        ...

    def on_events(self, call: Callable[[], None]) -> None:
        """Have a hint run after each COMMIT that wrote events, of any process where the store can tell. In any thread.

        It may come more often than there are events.
        """
        ...

    async def aclose(self) -> None:
        """End what runs for the store and close its connections; a second call does nothing."""
        ...


async def open_store(
    database_url: str,
    *,
    clock: Clock,
    key_secret: str = "",
    wakeup: Wakeup | None = None,
    connections: int = CONNECTIONS,
) -> Store:
    """Return the unit of work on a migrated database; it belongs to the running event loop.

    key_secret: what API keys are hashed with. wakeup: is told the lane of each job that waits anew. connections: how
    many transactions a process may have open at once on PostgreSQL (SQLite has one writer). Raises ``Unavailable``
    where the database cannot be opened, or is not at this program's schema.
    """
    if is_postgres_url(database_url):
        from core.store.postgres.unit_of_work import PostgresUnitOfWork

        return await PostgresUnitOfWork.open(
            database_url, clock=clock, key_secret=key_secret, wakeup=wakeup, connections=connections
        )
    return SqliteUnitOfWork.open(path_of(database_url), clock=clock, key_secret=key_secret, wakeup=wakeup)
