"""Migrations: up, down, and the same schema as the tables say."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from core.domain.errors import Unavailable
from core.store import SqliteUnitOfWork
from core.store.migrate import CORE_REVISION, CORE_VERSIONS, downgrade, heads, is_current, upgrade
from core.store.sqlite.connections import engine_for, path_of
from core.store.tables import metadata
from tests.core.scene import HandClock


def url(folder: Path) -> str:
    return f"sqlite:///{folder}/with space %40/horde.db"


def test_the_migrated_schema_is_the_tables(tmp_path: Path) -> None:
    upgrade(url(tmp_path))
    engine = engine_for(path_of(url(tmp_path)), writes=True)
    plain = sa.create_engine("sqlite://")
    with engine.connect() as connection, plain.connect() as other:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        metadata.create_all(other)
        select = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name")
        assert connection.execute(select).all() == other.execute(select).all(), "partial indexes too"
    engine.dispose()
    plain.dispose()


def test_up_is_idempotent_and_down_leaves_nothing(tmp_path: Path) -> None:
    assert not is_current(url(tmp_path))
    for _ in range(2):
        upgrade(url(tmp_path))
        assert is_current(url(tmp_path))
    downgrade(url(tmp_path))
    assert not is_current(url(tmp_path))
    engine = engine_for(path_of(url(tmp_path)), writes=False)
    left = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    assert left <= {"alembic_version"}
    upgrade(url(tmp_path))
    SqliteUnitOfWork.open(path_of(url(tmp_path)), clock=HandClock()).close()


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
