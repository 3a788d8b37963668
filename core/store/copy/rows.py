"""The rows of all tables go from one open transaction into another, in the order of their foreign keys."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa

from core.domain.errors import Unavailable
from core.domain.ids import ANONYMOUS
from core.store.tables import accounts, event_cursors, events

BATCH = 2_000
"""Rows that are read, and written, at once."""
Tell = Callable[[str, int], None]
"""Is told a table's name and how many of its rows are there so far."""


def check_empty(target: sa.Connection, tables: Sequence[sa.Table]) -> None:
    """Raise ``Unavailable`` unless the target holds nothing but the accounts that its migrations made."""
    for table in tables:
        query = sa.select(sa.literal(1)).select_from(table).limit(1)
        if table is accounts:
            query = query.where(accounts.c.id > ANONYMOUS)
        if target.scalar(query) is not None:
            message = f"The target is not empty: its table {table.name} has rows. Copy into a fresh database."
            raise Unavailable(message)


def copy_tables(source: sa.Connection, target: sa.Connection, tables: Sequence[sa.Table], tell: Tell) -> dict[str, int]:
    """Return how many rows of each table are now in the target; events and their cursors are left to ``positions``."""
    target.execute(sa.delete(accounts))  # what its migrations made comes with the source's
    copied = {}
    for table in tables:
        if table not in {events, event_cursors}:
            copied[table.name] = write_all(target, table, read_all(source, table), tell)
    return copied


def read_all(source: sa.Connection, table: sa.Table) -> Iterator[dict[str, Any]]:
    """Yield a table's rows in the order of its key, a batch in memory at a time."""
    names = [column.name for column in table.c]
    found = source.execute(sa.select(table).order_by(*table.primary_key), execution_options={"yield_per": BATCH})
    for row in found:
        yield dict(zip(names, row, strict=True))


def write_all(
    target: sa.Connection,
    table: sa.Table,
    rows: Iterator[dict[str, Any]],
    tell: Tell,
    *,
    insert: sa.Insert | None = None,
) -> int:
    """Return how many rows were written, by the table's plain INSERT or the one given."""
    count = 0
    while batch := list(islice(rows, BATCH)):
        target.execute(sa.insert(table) if insert is None else insert, batch)
        count += len(batch)
        tell(table.name, count)
    return count


def check_counts(source: sa.Connection, target: sa.Connection, tables: Sequence[sa.Table]) -> None:
    """Raise ``Unavailable`` where a table has another number of rows in the target than in the source."""
    for table in tables:
        query = sa.select(sa.func.count()).select_from(table)
        here, there = source.scalar(query), target.scalar(query)
        if here != there:
            message = (
                f"The table {table.name} has {here} rows in the source and {there} in the target; nothing was kept. "
                "Stop everything that uses either database and copy again."
            )
            raise Unavailable(message)
