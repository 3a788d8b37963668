"""Statements that are compiled once for each store and then run without building anything again."""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import sqlalchemy as sa


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """What of a statement one store is given: its SQL, its parameters in order, and what makes a row of a tuple."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]
    row: "Callable[[Sequence[Any]], Any] | None"
    truths: tuple[int, ...]
    """The columns that are true or false, where the driver says 1 or 0."""

    def values(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the parameters in the order of the SQL."""
        fixed = self.fixed
        return tuple([given[name] if name in given else fixed[name] for name in self.names])


class Prepared:
    """A statement whose text never changes. Its rows are tuples with names."""

    __slots__ = ("_postgres", "_texts", "statement")

    def __init__(self, statement: sa.Executable, *, postgres: sa.Executable | None = None) -> None:
        """Keep the statement, and PostgreSQL's own where it differs; each text is made when it is first run."""
        self.statement = statement
        self._postgres = statement if postgres is None else postgres
        self._texts: dict[str, _Text] = {}

    def text(self, connection: sa.Connection) -> _Text:
        """Return what this connection's store is given."""
        dialect = connection.dialect
        known = self._texts.get(dialect.name)
        if known is None:
            statement = self._postgres if dialect.name == "postgresql" else self.statement
            made = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
            entries = made._result_columns  # noqa: SLF001 - the names and types of the row
            columns = [entry.keyname for entry in entries]
            truths = [place for place, entry in enumerate(entries) if isinstance(entry.type, sa.Boolean)]
            row: Any = namedtuple("Row", columns, rename=True) if columns else None
            known = self._texts[dialect.name] = _Text(
                sql=str(made),
                names=tuple(made.positiontup or ()),
                fixed={name: bind.effective_value for name, bind in made.binds.items()},
                row=row._make if columns else None,
                truths=tuple(truths) if dialect.name == "sqlite" else (),
            )
        return known


class Driver(Protocol):
    """What takes SQL in the driver's own words, on a transaction that is open."""

    def rows(self, sql: str, values: Sequence[object]) -> Sequence[Any]:
        """Return the rows of a statement."""

    def run(self, sql: str, values: Sequence[object]) -> int:
        """Return how many rows a statement changed."""


class _Plain:
    """SQLAlchemy's own way, for a connection that has no shorter one."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over a connection whose transaction is open."""
        self._connection = connection

    def rows(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """Return the rows of a statement."""
        return self._connection.exec_driver_sql(sql, tuple(values)).all()

    def run(self, sql: str, values: Sequence[Any]) -> int:
        """Return how many rows a statement changed."""
        return self._connection.exec_driver_sql(sql, tuple(values)).rowcount


class Line:
    """One transaction's connection as the rows use it: the shortest way to the driver on either store."""

    __slots__ = ("_driver", "before_reads", "connection", "is_postgres", "is_read", "seen")

    def __init__(self, connection: sa.Connection, *, is_read: bool = False, driver: Driver | None = None) -> None:
        """Stand over a connection whose transaction is open.

        is_read: it only looks, and nobody waits for its end. driver: the shorter way to the same transaction.
        """
        self._driver: Driver = _Plain(connection) if driver is None else driver
        self.connection = connection
        self.is_read = is_read
        self.is_postgres = connection.dialect.name == "postgresql"
        self.before_reads: Callable[[], None] = _nothing
        self.seen = cast(sa.Connection, _Seen(self))
        """The connection for statements that are run SQLAlchemy's own way: each sees what waits to be written."""

    def all(self, statement: Prepared, given: Mapping[str, Any]) -> list[Any]:
        """Return the rows; what was written before is seen."""
        self.before_reads()
        return self.all_unseen(statement, given)

    def all_unseen(self, statement: Prepared, given: Mapping[str, Any]) -> list[Any]:
        """Return the rows, where nothing that waits to be written concerns them."""
        text = statement.text(self.connection)
        found = self._driver.rows(text.sql, text.values(given))
        if text.row is None:
            return list(found)
        if text.truths:
            found = [_with_truths(row, text.truths) for row in found]
        return list(map(text.row, found))

    def first(self, statement: Prepared, given: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a row of any shape
        """Return the first row, or None."""
        found = self.all(statement, given)
        return found[0] if found else None

    def scalar(self, statement: Prepared, given: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a value of any type
        """Return the first column of the first row, or None."""
        found = self.all(statement, given)
        return found[0][0] if found else None

    def run(self, statement: Prepared, given: Mapping[str, Any]) -> int:
        """Return how many rows a statement changed at once, outside the write set."""
        self.before_reads()
        text = statement.text(self.connection)
        return self._driver.run(text.sql, text.values(given))

    def run_sql(self, sql: str, values: tuple[Any, ...]) -> int:
        """Return how many rows SQL in the driver's own words changed."""
        return self._driver.run(sql, values)


def _with_truths(row: Sequence[Any], places: Sequence[int]) -> list[Any]:
    """Return the row with true and false where the driver has 1 and 0."""
    values = list(row)
    for place in places:
        if values[place] is not None:
            values[place] = bool(values[place])
    return values


class _Seen:
    """A connection of which whatever is asked, what waits is written first."""

    __slots__ = ("_line",)

    def __init__(self, line: Line) -> None:
        """Stand over the transaction's line."""
        self._line = line

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a connection has
        """Return the connection's own, after everything that waits was written."""
        self._line.before_reads()
        return getattr(self._line.connection, name)


def _nothing() -> None:
    """Nothing was written before."""
