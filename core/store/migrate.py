"""Migrations: Alembic over explicit scripts in several places, imported only when there is something to migrate."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from core.domain.errors import Unavailable
from core.store.sqlite.connections import engine_for, path_of, translated
from core.store.urls import is_postgres_url

if TYPE_CHECKING:
    from alembic.config import Config

CORE_VERSIONS = Path(__file__).parent / "migrations"
_ENVIRONMENT = Path(__file__).parent / "environment"
_SCRIPT = re.compile(r"^(?P<branch>[a-z]+)_(?P<number>\d{4})_\w+\.py$")


def heads(version_locations: Sequence[Path]) -> frozenset[str]:
    """Return the newest revision of each location by its file names (``core_0001_first.py``), without Alembic."""
    newest: dict[str, str] = {}
    for location in version_locations:
        for path in sorted(location.iterdir()):
            match = _SCRIPT.match(path.name)
            if match is not None:
                newest[match["branch"]] = f"{match['branch']}_{match['number']}"
    return frozenset(newest.values())


CORE_REVISION = next(iter(heads((CORE_VERSIONS,))))


def is_current(database_url: str, version_locations: Sequence[Path] = (CORE_VERSIONS,)) -> bool:
    """Tell whether the database is at the newest revision of every location; cheap, and without Alembic.

    Raises ``Unavailable`` where a server does not answer.
    """
    return _revisions(database_url) == heads(version_locations)


def is_empty(database_url: str) -> bool:
    """Tell whether nothing of ours was ever made there. Raises ``Unavailable`` where a server does not answer."""
    return not _revisions(database_url)


def upgrade(database_url: str, version_locations: Sequence[Path] = (CORE_VERSIONS,)) -> None:
    """Bring the database to the newest revision of every location; a SQLite file is made if it is not there.

    Does nothing, and does not load Alembic, where it is already. A PostgreSQL database that was restored from a backup
    of another server gets events that can be read there. Raises ``Unavailable``.
    """
    if not is_postgres_url(database_url):
        path = path_of(database_url)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            message = (
                f"The folder {path.parent} cannot be made ({exc.strerror}). Choose a data folder you may write in."
            )
            raise Unavailable(message) from exc
    if not is_current(database_url, version_locations):
        _run(database_url, version_locations, to="heads")
    if is_postgres_url(database_url):
        from core.store.postgres.restored import settle_positions

        settle_positions(database_url)


def downgrade(database_url: str, version_locations: Sequence[Path] = (CORE_VERSIONS,), *, to: str = "base") -> None:
    """Take the database back to a revision; ``base`` leaves no table of ours. Raises ``Unavailable``."""
    _run(database_url, version_locations, to=to, down=True)


def _revisions(database_url: str) -> frozenset[str]:
    """Return the revisions that the database is at; none where there is no database yet."""
    if is_postgres_url(database_url):
        from core.store.postgres.migrating import revisions

        return revisions(database_url)
    path = path_of(database_url)
    if not path.exists():
        return frozenset()
    engine = engine_for(path, writes=False)
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    except SQLAlchemyError:
        return frozenset()
    finally:
        engine.dispose()
    return frozenset(found)


def _run(database_url: str, version_locations: Sequence[Path], *, to: str, down: bool = False) -> None:
    """Run Alembic in one transaction on the database."""
    from alembic import command

    config = _config(version_locations)

    def run(connection: sa.Connection) -> None:
        config.attributes["connection"] = connection
        if down:
            command.downgrade(config, to)
        else:
            command.upgrade(config, to)

    if is_postgres_url(database_url):
        from core.store.postgres.migrating import migrate

        migrate(database_url, run)
    else:
        _run_on_file(path_of(database_url), run)


def _run_on_file(path: Path, run: Callable[[sa.Connection], None]) -> None:
    engine = engine_for(path, writes=True)
    try:
        with engine.begin() as connection:
            run(connection)
    except SQLAlchemyError as exc:
        raise translated(exc, path) from exc
    finally:
        engine.dispose()


def _config(version_locations: Sequence[Path]) -> "Config":
    """Return Alembic's configuration for these locations."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_ENVIRONMENT).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(one).replace("%", "%%") for one in version_locations))
    return config
