"""Write a row or change the one that is there: one statement for each dialect, which SQLAlchemy makes differently."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def upsert(
    table: sa.Table, keys: Sequence[str], changed: Callable[[Any], Mapping[str, Any]]
) -> Mapping[str, sa.Executable]:
    """Return, by the dialect's name, the statement that writes a row, or changes the one with the same keys.

    changed: what its columns become, given the row that was to be written.
    """
    on_sqlite, on_postgres = sqlite.insert(table), postgresql.insert(table)
    return {
        "sqlite": on_sqlite.on_conflict_do_update(index_elements=keys, set_=changed(on_sqlite.excluded)),
        "postgresql": on_postgres.on_conflict_do_update(index_elements=keys, set_=changed(on_postgres.excluded)),
    }
