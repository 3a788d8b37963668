"""The two stores as tests get them: a database of its own for each test, on either."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest
import pytest_asyncio

from core.ports.clock import Clock
from core.ports.wakeup import Wakeup
from core.store import Store, open_store
from tests.core.scene import fresh_database
from tests.postgres import fresh_postgres


class StoreKind(StrEnum):
    """Which store."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


# For what one store alone has: its pragmas, its plans, its errors.
ONLY_SQLITE = pytest.mark.parametrize("database", [StoreKind.SQLITE], indirect=True)
ONLY_POSTGRES = pytest.mark.parametrize("database", [StoreKind.POSTGRES], indirect=True)


@dataclass
class Database:
    """A migrated database, empty but for the system's accounts; ``open`` it as often as a test has processes."""

    kind: StoreKind
    url: str
    opened: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def open(self, *, clock: Clock, wakeup: Wakeup | None = None, connections: int = 10) -> Store:
        """Return one more unit of work on it; it is closed at the end of the test."""
        store = await open_store(self.url, clock=clock, key_secret="test", wakeup=wakeup, connections=connections)
        self.opened.push_async_callback(store.aclose)
        return store


@contextmanager
def fresh(kind: StoreKind, folder: Path) -> Iterator[str]:
    """Yield the URL of a migrated, empty database in the folder, or on the tests' server."""
    if kind is StoreKind.SQLITE:
        yield f"sqlite:///{fresh_database(folder)}"
    else:
        with fresh_postgres() as url:
            yield url


@pytest_asyncio.fixture(params=list(StoreKind))
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """Every test that uses a store runs on both."""
    kind = StoreKind(request.param)
    with fresh(kind, tmp_path) as url:
        one = Database(kind=kind, url=url)
        async with one.opened:
            yield one
