"""Advisory locks: who may go on alone until the end of its transaction."""

from typing import Final

import sqlalchemy as sa

_LOOPS: Final = 7_101
_ORDER: Final = 7_102
_TRY = sa.text("SELECT pg_try_advisory_xact_lock(:kind, hashtext(:name))")
_WAIT = sa.text("SELECT pg_advisory_xact_lock(:kind, hashtext(:name))")


def is_postgres(connection: sa.Connection) -> bool:
    """Tell which of the two stores this connection belongs to."""
    return connection.dialect.name == "postgresql"


def take_turn(connection: sa.Connection, name: str) -> None:
    """Wait until no other open transaction has this turn, and keep it to the end of this one.

    Rows that are numbered under one turn become visible in the order of their numbers: a reader that remembers the
    last number it has seen misses none. SQLite has one writer, so there this does nothing.
    """
    if is_postgres(connection):
        connection.execute(_WAIT, {"kind": _ORDER, "name": name})


def try_loop(connection: sa.Connection, loop: str) -> bool:
    """Tell whether this transaction has the loop for itself; always so on SQLite, which has one writer."""
    return not is_postgres(connection) or bool(connection.scalar(_TRY, {"kind": _LOOPS, "name": loop}))
