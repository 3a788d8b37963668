"""Which loops ran when, once over all processes."""

import sqlalchemy as sa

from core.store.postgres.locks import try_loop
from core.store.tables import loop_runs

KEPT_MS = 24 * 3_600 * 1_000
_KNOWN = sa.select(loop_runs.c.loop).where(
    loop_runs.c.loop == sa.bindparam("the_loop"), loop_runs.c.due_ms == sa.bindparam("due")
)
_ADD = sa.insert(loop_runs)
_END = sa.update(loop_runs).where(
    loop_runs.c.loop == sa.bindparam("the_loop"), loop_runs.c.due_ms == sa.bindparam("due")
)
_FORGET = sa.delete(loop_runs).where(
    loop_runs.c.loop == sa.bindparam("the_loop"), loop_runs.c.due_ms < sa.bindparam("before_ms")
)


class Loops:
    """The loops' runs of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection

    def begin(self, loop: str, *, due_ms: int, now_ms: int) -> bool:
        """Take this run of the loop; False if another process has it."""
        if not try_loop(self._connection, loop):
            return False
        if self._connection.scalar(_KNOWN, {"the_loop": loop, "due": due_ms}) is not None:
            return False
        row = {"loop": loop, "due_ms": due_ms, "begun_at_ms": now_ms, "outcome": "begun"}
        self._connection.execute(_ADD, row)
        return True

    def end(self, loop: str, *, due_ms: int, now_ms: int, outcome: str) -> None:
        """Note how the run ended, and forget runs older than a day."""
        self._connection.execute(_END, {"the_loop": loop, "due": due_ms, "ended_at_ms": now_ms, "outcome": outcome})
        self._connection.execute(_FORGET, {"the_loop": loop, "before_ms": now_ms - KEPT_MS})
