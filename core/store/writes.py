# ruff: noqa: S608 - the SQL is made of the tables' own names, values are parameters
"""The write set: what a use case changes and need not hear about waits here, and goes out together."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from core.store.statement import Line

FEW: Final = 4
"""So many rows of one write, or fewer, are said one by one: PostgreSQL's plan then knows how few they are."""
_GIVEN: Final = re.compile(r":(\w+)")
_TOGETHER: Final[dict[tuple[tuple["Write", int], ...], str]] = {}


class Write:
    """One kind of change of one table, for any number of rows: told once, said in each store's way.

    On PostgreSQL several writes are one statement, and many rows come as arrays, so that its text does not depend on
    their number; on SQLite a row is a statement. Use ``insert``, ``update`` or ``add_up``.
    """

    __slots__ = ("_postgres", "_types", "is_absolute", "key", "names", "sqlite", "table")

    def __init__(
        self,
        table: sa.Table,
        *,
        names: Sequence[str],
        sqlite: str,
        postgres: str,
        key: str | None = None,
        is_absolute: bool = False,
    ) -> None:
        """Hold both texts. key: names the row that changes, None for new rows. is_absolute: done twice is done last."""
        self.table = table.name
        self.names = tuple(names)
        self.key = None if key is None else self.names.index(key)
        self.is_absolute = is_absolute
        self.sqlite = sqlite
        self._postgres = postgres
        self._types = [_type_of(table.c[name]) if name in table.c else "bigint" for name in names]

    def postgres(self, first: int, rows: int) -> str:
        """Return the statement for so many rows, its parameters counted from ``first``. rows: 0 where they are arrays.

        What is planned for arrays is planned for a hundred rows, so while a table is small it would be read from end to
        end, by a plan that is kept while the table grows.
        """
        width = len(self._types)
        if rows:
            each = (
                ", ".join(f"${first + row * width + place}::{kind}" for place, kind in enumerate(self._types))
                for row in range(rows)
            )
            given = f"(VALUES {', '.join(f'({one})' for one in each)})"
        else:
            given = f"unnest({', '.join(f'${first + place}::{kind}[]' for place, kind in enumerate(self._types))})"
        return self._postgres.replace("{rows}", f"{given} AS v({', '.join(self.names)})")


def insert(table: sa.Table, *names: str) -> Write:
    """Return the write that adds rows with these columns; the others get the table's own defaults."""
    into = f"INSERT INTO {table.name} ({', '.join(names)})"
    return Write(
        table,
        names=names,
        sqlite=f"{into} VALUES ({', '.join('?' * len(names))})",
        postgres=f"{into} SELECT * FROM {{rows}} WHERE true",
    )


def update(table: sa.Table, *, key: str = "id", **sets: str) -> Write:
    """Return the write that changes the row of a key: column = expression, in which ``:name`` is what is given.

    A name that is not a column of the table is a whole number.
    """
    names = list(dict.fromkeys((key, *(name for expression in sets.values() for name in _GIVEN.findall(expression)))))

    def said(how: Callable[[str], str]) -> str:
        each = (f"{column} = {_GIVEN.sub(lambda found: how(found[1]), words)}" for column, words in sets.items())
        return f"UPDATE {table.name} SET {', '.join(each)}"

    where = f"{table.name}.{key}"
    return Write(
        table,
        names=names,
        key=key,
        is_absolute=all(_GIVEN.fullmatch(expression) for expression in sets.values()),
        sqlite=f"{said(lambda name: f'?{names.index(name) + 1}')} WHERE {where} = ?1",
        postgres=f"{said(lambda name: f'v.{name}')} FROM {{rows}} WHERE {where} = v.{key}",
    )


def add_up(table: sa.Table, *, keys: Sequence[str], amounts: Sequence[str]) -> Write:
    """Return the write that adds to the amounts of a row, which is made if it is not there."""
    added = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in amounts)
    on_conflict = f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}"
    plain = insert(table, *keys, *amounts)
    return Write(
        table,
        names=plain.names,
        sqlite=plain.sqlite + on_conflict,
        postgres=f"INSERT INTO {table.name} ({', '.join(plain.names)}) SELECT * FROM {{rows}} WHERE true{on_conflict}",
    )


class Writes:
    """The changes of one transaction that are still to be written. A row changes at most once in each going out."""

    __slots__ = ("_line", "_made", "_pending", "_places")

    def __init__(self, line: Line) -> None:
        """Stand over the transaction's line; what is read on it sees what was written before."""
        self._line = line
        self._pending: dict[Write, list[tuple[Any, ...]]] = {}
        self._places: dict[tuple[str, Any], tuple[Write, int]] = {}
        self._made: set[str] = set()
        line.before_reads = self.flush

    def add(self, write: Write, given: Mapping[str, Any]) -> None:
        """Have this row written: at the end, or before the next read."""
        row = tuple([given[name] for name in write.names])
        if write.key is None:
            self._made.add(write.table)
        else:
            place = (write.table, row[write.key])
            earlier = self._places.get(place)
            if earlier is not None and earlier[0] is write and write.is_absolute:
                self._pending[write][earlier[1]] = row
                return
            if earlier is not None or write.table in self._made:
                # One statement may not change what it has just made, nor one row twice.
                self.flush()
            self._places[place] = (write, len(self._pending.get(write, ())))
        self._pending.setdefault(write, []).append(row)

    def flush_for(self, table: str) -> None:
        """Write all that waits if any of it concerns this table."""
        if any(write.table == table for write in self._pending):
            self.flush()

    def flush(self, *, last: Write | None = None, rows: Iterable[tuple[Any, ...]] = ()) -> None:
        """Write all that waits; ``last`` after everything else, its rows in the order in which they are given."""
        if last is not None and (final := list(rows)):
            self._pending[last] = final
        if not self._pending:
            return
        pending, self._pending, self._places, self._made = self._pending, {}, {}, set()
        if self._line.is_postgres:
            shape: list[tuple[Write, int]] = []
            values: list[object] = []
            for write, many in pending.items():
                if len(many) <= FEW:
                    shape.append((write, len(many)))
                    for row in many:
                        values += row
                else:
                    shape.append((write, 0))
                    values += map(list, zip(*many, strict=True))
            self._line.run_sql(together(tuple(shape)), tuple(values))
            return
        for write, many in pending.items():
            for row in many:
                self._line.run_sql(write.sqlite, row)


def together(shape: tuple[tuple[Write, int], ...]) -> str:
    """Return these writes as one statement of PostgreSQL, done in this order: the last one waits for all others.

    shape: each write and its number of rows, 0 for arrays.

    Parts that nobody reads may run in any order; counted by the last one's condition, they run before it. So the rows
    that many transactions want (balances) are locked last.
    """
    known = _TOGETHER.get(shape)
    if known is None:
        texts, first = [], 1
        for write, rows in shape:
            texts.append(write.postgres(first, rows))
            first += len(write.names) * max(rows, 1)
        *before, final = texts
        if before:
            parts = ", ".join(f"w{place} AS ({text} RETURNING 1)" for place, text in enumerate(before))
            done = " + ".join(f"(SELECT count(*) FROM w{place})" for place in range(len(before)))
            final = f"WITH {parts} {final.replace(' WHERE ', f' WHERE {done} >= 0 AND ', 1)}"
        known = _TOGETHER[shape] = final
    return known


def _type_of(column: sa.Column[Any]) -> str:
    """Return PostgreSQL's type that carries values of a column."""
    if isinstance(column.type, sa.Boolean):
        return "boolean"
    if isinstance(column.type, sa.Float):
        return "double precision"
    return "bigint" if isinstance(column.type, sa.Integer) else "text"
