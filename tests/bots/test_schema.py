"""The bots' tables as code say what the migrations make."""

from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bots.store.tables import metadata
from core.store.migrate import downgrade, upgrade
from tests.bots.scene import LOCATIONS


def test_metadata_equals_the_migrated_schema(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/horde.db", LOCATIONS)
    engine = sa.create_engine(f"sqlite:///{tmp_path}/horde.db")
    ours = set(metadata.tables)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_name": lambda name, kind, _: kind != "table" or name in ours,
            },
        )
        assert compare_metadata(context, metadata) == []
        inspector = sa.inspect(connection)
        for name, table in metadata.tables.items():
            declared = {one.name for one in table.constraints if isinstance(one, sa.UniqueConstraint)}
            assert {one["name"] for one in inspector.get_unique_constraints(name)} == declared
            made = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": name})
            assert ("AUTOINCREMENT" in made) == bool(table.dialect_options["sqlite"]["autoincrement"])
    engine.dispose()


def test_the_bots_tables_can_be_taken_away_and_made_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/horde.db"
    upgrade(url, LOCATIONS)
    downgrade(url, LOCATIONS, to="bots@base")
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert not set(metadata.tables) & set(sa.inspect(connection).get_table_names())
    upgrade(url, LOCATIONS)
    with engine.connect() as connection:
        assert set(metadata.tables) <= set(sa.inspect(connection).get_table_names())
    engine.dispose()


def test_migrations_import_no_table_module() -> None:
    for script in LOCATIONS[1].glob("bots_*.py"):
        assert "bots.store" not in script.read_text()
