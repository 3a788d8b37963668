"""Events and the durable cursors of their readers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from core.domain.events import Event, EventKind
from core.domain.ids import AccountId, RequestId
from core.ports.clock import Clock
from core.store.memory import Memory
from core.store.postgres.locks import take_turn
from core.store.statement import Line
from core.store.tables import event_cursors, events
from core.store.writes import Writes, insert

SEQ_BITS: Final = 64
"""A position is ``(xid << 64) | seq``: the number of the transaction, on SQLite 0, and that of the event."""

_NO_XID: sa.Label[int] = sa.literal_column("0").label("xid")
_AFTER = (
    sa.select(events, _NO_XID)
    .where(events.c.seq > sa.bindparam("seq_after"))
    .order_by(events.c.seq)
    .limit(sa.bindparam("most"))
)
_AFTER_OF = (
    sa.select(events, _NO_XID)
    .where(events.c.request_id == sa.bindparam("the_request"), events.c.seq > sa.bindparam("seq_after"))
    .order_by(events.c.seq)
    .limit(sa.bindparam("most"))
)
_LAST = sa.select(_NO_XID, sa.func.max(events.c.seq).label("seq"))
# Only the oldest are looked at: where those are young, so are the others.
_OLDEST = (
    sa.select(events.c.seq, events.c.at_ms)
    .where(events.c.seq <= sa.select(sa.func.coalesce(sa.func.min(event_cursors.c.seq), 2**62)).scalar_subquery())
    .order_by(events.c.seq)
    .limit(sa.bindparam("most"))
    .subquery()
)
_PRUNE = sa.delete(events).where(
    events.c.seq.in_(sa.select(_OLDEST.c.seq).where(_OLDEST.c.at_ms < sa.bindparam("before_ms")))
)
# What an older transaction may still write is never before what was read: only events below every open one are shown.
_SETTLED = "xid < pg_snapshot_xmin(pg_current_snapshot())"
_AFTER_BY_XID = sa.text(
    f"SELECT * FROM events WHERE {_SETTLED} AND (xid, seq) > (:xid_after, :seq_after) ORDER BY xid, seq LIMIT :most"  # noqa: S608
)
_AFTER_OF_BY_XID = sa.text(
    f"SELECT * FROM events WHERE request_id = :the_request AND {_SETTLED} "  # noqa: S608
    "AND (xid, seq) > (:xid_after, :seq_after) ORDER BY xid, seq LIMIT :most"
)
_LAST_BY_XID = sa.text(f"SELECT xid, seq FROM events WHERE {_SETTLED} ORDER BY xid DESC, seq DESC LIMIT 1")  # noqa: S608
_PRUNE_BY_XID = sa.text(
    f"""
    DELETE FROM events WHERE seq IN (
        SELECT oldest.seq FROM (
            SELECT e.seq, e.at_ms FROM events AS e
            WHERE e.{_SETTLED} AND NOT EXISTS (
                SELECT 1 FROM event_cursors AS c WHERE (CAST(CAST(c.xid AS text) AS xid8), c.seq) < (e.xid, e.seq))
            ORDER BY e.xid, e.seq LIMIT :most) AS oldest
        WHERE oldest.at_ms < :before_ms)
    """  # noqa: S608
)
_CURSOR = sa.select(event_cursors.c.xid, event_cursors.c.seq).where(event_cursors.c.name == sa.bindparam("reader"))
_ADD = insert(events, "kind", "request_id", "account_id", "at_ms", "body")
_MOVE = sa.update(event_cursors).where(
    event_cursors.c.name == sa.bindparam("reader"),
    sa.tuple_(event_cursors.c.xid, event_cursors.c.seq)
    <= sa.tuple_(sa.bindparam("to_xid", type_=sa.BigInteger), sa.bindparam("to_seq", type_=sa.BigInteger)),
)
_REGISTER = sa.insert(event_cursors)
_BODY = msgspec.json.Decoder(dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statements:
    """How one store reads and prunes events."""

    after: sa.Executable
    after_of: sa.Executable
    last: sa.Executable
    prune: sa.Executable


_BY_SEQ = _Statements(after=_AFTER, after_of=_AFTER_OF, last=_LAST, prune=_PRUNE)
_BY_XID = _Statements(after=_AFTER_BY_XID, after_of=_AFTER_OF_BY_XID, last=_LAST_BY_XID, prune=_PRUNE_BY_XID)


class Events:
    """The events of one transaction."""

    def __init__(self, line: Line, writes: Writes, clock: Clock, memory: Memory) -> None:
        """Stand over the transaction's line."""
        self._connection = line.seen
        self._writes = writes
        self._clock = clock
        self._memory = memory
        self._said = _BY_XID if line.is_postgres else _BY_SEQ
        self.has_news = False

    def after(self, cursor: int, *, limit: int, request_id: RequestId | None = None) -> Sequence[Event]:
        """Return what happened after the cursor, oldest first; of one request if given."""
        xid, seq = _parts(cursor)
        where: dict[str, object] = {"xid_after": xid, "seq_after": seq, "most": limit}
        if request_id is None:
            found = self._connection.execute(self._said.after, where)
        else:
            found = self._connection.execute(self._said.after_of, where | {"the_request": request_id})
        return [
            Event(
                seq=_position(row),
                kind=EventKind(row.kind),
                request_id=RequestId(row.request_id),
                account_id=AccountId(row.account_id),
                at_ms=row.at_ms,
                body=_BODY.decode(row.body),
            )
            for row in found
        ]

    def cursor(self, name: str) -> int:
        """Return the reader's durable cursor, 0 before its first move."""
        row = self._connection.execute(_CURSOR, {"reader": name}).first()
        return 0 if row is None else _position(row)

    def last_seq(self) -> int:
        """Return the position of the newest event that readers are shown, 0 if there is none."""
        row = self._connection.execute(self._said.last).first()
        return 0 if row is None or row.seq is None else _position(row)

    def add(
        self,
        kind: EventKind,
        *,
        request_id: RequestId,
        account_id: AccountId,
        now_ms: int,
        body: Mapping[str, object],
    ) -> None:
        """Write what happened."""
        self.has_news = True
        self._memory.events_written += 1
        self._writes.add(
            _ADD,
            {
                "kind": kind.value,
                "request_id": request_id,
                "account_id": account_id,
                "at_ms": now_ms,
                "body": msgspec.json.encode(body).decode(),
            },
        )

    def take_cursor(self, name: str) -> int:
        """Return the reader's durable cursor; another transaction that takes it waits until this one has ended."""
        take_turn(self._connection, f"cursor:{name}")  # the row, before its first move, is not there to be locked
        return self.cursor(name)

    def move_cursor(self, name: str, seq: int) -> None:
        """Register the reader, or move its cursor forward; never back."""
        now_ms = self._clock.now_ms()
        xid, number = _parts(seq)
        place = {"xid": xid, "seq": number, "moved_at_ms": now_ms}
        moved = self._connection.execute(_MOVE, place | {"reader": name, "to_xid": xid, "to_seq": number})
        if moved.rowcount == 0 and self._connection.execute(_CURSOR, {"reader": name}).first() is None:
            self._connection.execute(_REGISTER, place | {"name": name})

    def prune(self, *, before_ms: int, limit: int) -> int:
        """Delete old events that every registered reader has dealt with and return how many."""
        return self._connection.execute(self._said.prune, {"before_ms": before_ms, "most": limit}).rowcount


def _parts(position: int) -> tuple[int, int]:
    """Return (xid, seq) of a position."""
    return position >> SEQ_BITS, position & ((1 << SEQ_BITS) - 1)


def _position(row: "sa.Row[*tuple[Any, ...]]") -> int:
    """Return the position of an event or a cursor."""
    return (int(row.xid) << SEQ_BITS) | int(row.seq)
