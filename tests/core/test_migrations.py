"""Migrations: up, down, and the same schema as the tables say, on both stores."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bots.store.tables import metadata as bots_metadata
from core.domain.errors import Conflict, Unavailable
from core.store import open_store
from core.store.migrate import CORE_REVISION, CORE_VERSIONS, downgrade, heads, is_current, is_empty, upgrade
from core.store.postgres.migrating import in_transaction
from core.store.sqlite.connections import engine_for, path_of
from core.store.tables import metadata
from core.store.urls import is_postgres_url
from tests.core.scene import ALL_VERSIONS, HandClock, Scene
from tests.postgres import server
from tests.stores import ONLY_POSTGRES, Database, StoreKind

T = TypeVar("T")
# What a table on PostgreSQL has besides what its Table says: told in core_0003.
ITS_OWN = {"xid", "ix_events_xid"}


@pytest.fixture(params=list(StoreKind))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database in which nothing was ever made."""
    if request.param is StoreKind.SQLITE:
        yield f"sqlite:///{tmp_path}/with space %40/horde.db"
    else:
        with server().database() as new:
            yield new


def within(url: str, work: Callable[[sa.Connection], T]) -> T:
    """Return what the work returned of a transaction on the database."""
    if is_postgres_url(url):
        return in_transaction(url, work)
    engine = engine_for(path_of(url), writes=True)
    try:
        with engine.begin() as connection:
            return work(connection)
    finally:
        engine.dispose()


def indexes(connection: sa.Connection) -> list[str]:
    """Return every index as the database has it, partial ones with their rows."""
    if connection.dialect.name == "sqlite":
        query = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname <> 'ix_events_xid'"
    return sorted(connection.scalars(sa.text(query)))


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")  # SQLAlchemy's reflection has no name for it
def test_the_migrated_schema_is_the_tables(url: str, tmp_path: Path) -> None:
    def look(connection: sa.Connection) -> list[str]:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda _, name, kind, reflected, __: (
                    not (reflected and kind in {"column", "index"} and name in ITS_OWN)
                ),
                "include_name": lambda name, kind, _: kind != "table" or name in metadata.tables,
            },
        )
        assert compare_metadata(context, metadata) == []
        columns = {column["name"] for column in sa.inspect(connection).get_columns("events")}
        assert columns - {column.name for column in metadata.tables["events"].c} == (
            {"xid"} if is_postgres_url(url) else set()
        )
        return indexes(connection)

    upgrade(url)
    migrated = within(url, look)
    if is_postgres_url(url):
        with server().database() as plain:
            within(plain, metadata.create_all)
            assert [one for one in migrated if "alembic" not in one] == within(plain, indexes)
    else:
        plain = f"sqlite:///{tmp_path}/plain.db"
        within(plain, metadata.create_all)
        assert migrated == within(plain, indexes), "partial indexes too"


async def test_up_is_idempotent_and_down_leaves_nothing(url: str) -> None:
    assert not is_current(url)
    assert is_empty(url)
    for _ in range(2):
        upgrade(url)
        assert is_current(url)
    assert not is_empty(url)
    downgrade(url)
    assert not is_current(url)
    assert set(within(url, lambda connection: sa.inspect(connection).get_table_names())) <= {"alembic_version"}
    if is_postgres_url(url):
        left = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        assert within(url, lambda connection: connection.scalars(sa.text(left)).all()) == []
    upgrade(url)
    store = await open_store(url, clock=HandClock())
    await store.aclose()


def test_the_bots_migrations_run_there_too(url: str) -> None:
    upgrade(url, ALL_VERSIONS)
    assert is_current(url, ALL_VERSIONS)
    assert set(bots_metadata.tables) <= set(within(url, lambda one: sa.inspect(one).get_table_names()))
    downgrade(url, ALL_VERSIONS, to="bots@base")
    assert not set(bots_metadata.tables) & set(within(url, lambda one: sa.inspect(one).get_table_names()))
    assert is_current(url)


def test_of_many_that_upgrade_at_once_one_does_it(url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(upgrade, url) for _ in range(4)]:
            done.result(timeout=60)
    assert is_current(url)


async def test_a_database_of_another_schema_is_not_opened(url: str) -> None:
    upgrade(url)
    downgrade(url, to="core@core_0001")
    with pytest.raises(Unavailable, match=r"not at this program's schema.*horde db upgrade"):
        await open_store(url, clock=HandClock())
    downgrade(url)
    with pytest.raises(Unavailable, match=r"not at this program's schema.*horde db upgrade"):
        await open_store(url, clock=HandClock())


def test_the_heads_are_read_from_the_file_names(tmp_path: Path) -> None:
    assert heads([CORE_VERSIONS]) == {CORE_REVISION}
    for name in ("x_0001_a.py", "x_0002_b.py", "__init__.py", "notes.txt"):
        (tmp_path / name).touch()
    assert heads([CORE_VERSIONS, tmp_path]) == {CORE_REVISION, "x_0002"}


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="Choose a data folder"):
        upgrade(f"sqlite:///{tmp_path}/file/horde.db")
    with pytest.raises(Unavailable, match="not understood"):
        path_of("mysql://x")


@ONLY_POSTGRES
@pytest.mark.parametrize(
    "damage", ["UPDATE transfers SET amount_mk = 1", "DELETE FROM transfers", "TRUNCATE transfers"]
)
async def test_the_journal_cannot_be_changed_there_either(database: Database, damage: str) -> None:
    scene = Scene(uow=await database.open(clock=HandClock()), clock=HandClock())
    await scene.account("ann", kudos=5)
    with pytest.raises(Conflict, match="a transfer is never changed or deleted"):
        await scene.do(lambda tx: tx.connection.exec_driver_sql(damage))  # type: ignore[attr-defined]
    await scene.audit()
