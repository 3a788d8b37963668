"""Migrations: Alembic over explicit scripts in several places, imported only when there is something to migrate."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from core.domain.errors import Unavailable
from core.store.sqlite.connections import engine_for, path_of, translated

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


def is_current(database_url: str, version_locations: Sequence[Path] = (CORE_VERSIONS,)) -> bool:
    """Tell whether the database is at the newest revision of every location; cheap, and without Alembic."""
    path = path_of(database_url)
    if not path.exists():
        return False
    engine = engine_for(path, writes=False)
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()
    return frozenset(found) == heads(version_locations)


def upgrade(database_url: str, version_locations: Sequence[Path] = (CORE_VERSIONS,)) -> None:
    """Bring the database to the newest revision of every location; the file is made if it is not there.

    Does nothing, and loads nothing, where it is already. Raises ``Unavailable``.
    """
    path = path_of(database_url)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        message = f"The folder {path.parent} cannot be made ({exc.strerror}). Choose a data folder you may write in."
        raise Unavailable(message) from exc
    if not is_current(database_url, version_locations):
        _run(path, version_locations, to="heads")


def downgrade(database_url: str, version_locations: Sequence[Path] = (CORE_VERSIONS,), *, to: str = "base") -> None:
    """Take the database back to a revision; ``base`` leaves no table of ours. Raises ``Unavailable``."""
    _run(path_of(database_url), version_locations, to=to, down=True)


def _run(path: Path, version_locations: Sequence[Path], *, to: str, down: bool = False) -> None:
    """Run Alembic in one transaction on the file."""
    from alembic import command

    config = _config(version_locations)
    engine = engine_for(path, writes=True)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            if down:
                command.downgrade(config, to)
            else:
                command.upgrade(config, to)
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
