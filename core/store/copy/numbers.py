"""The next number of each table that counts its rows up goes on where the source's would have."""

from collections.abc import Sequence

import sqlalchemy as sa

from core.store.postgres.locks import is_postgres


def carry_numbers(source: sa.Connection, target: sa.Connection, tables: Sequence[sa.Table]) -> None:
    """Have each counted key of the target go on after the last number that the source gave out.

    That may be one whose row is long gone: an event's number, above all, is never given out twice, or a reader whose
    cursor stands there would miss the new one.
    """
    for table in tables:
        column = table.autoincrement_column
        if column is not None:
            _set_last(target, table, column, max(_last(source, table, column), _last(target, table, column)))


def _last(connection: sa.Connection, table: sa.Table, column: sa.Column[int]) -> int:
    """Return the last number that was given out, 0 if none was."""
    last = int(connection.scalar(sa.select(sa.func.coalesce(sa.func.max(column), 0))) or 0)
    if is_postgres(connection):
        sequence = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name)))
        found = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence}").one()  # noqa: S608 - our name
        return max(last, int(found.last_value) if found.is_called else 0)
    if not table.dialect_options["sqlite"]["autoincrement"]:
        return last
    query = sa.text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = :name")
    return max(last, int(connection.scalar(query, {"name": table.name}) or 0))


def _set_last(connection: sa.Connection, table: sa.Table, column: sa.Column[int], last: int) -> None:
    """Have the next number be the one after the last."""
    if last <= 0:
        return
    if is_postgres(connection):
        sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(sa.select(sa.func.setval(sequence, last, True)))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        where = {"name": table.name, "last": last}
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), where)
        connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), where)
