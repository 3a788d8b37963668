"""Events and the durable cursors of their readers."""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from core.domain.events import Event, EventKind
from core.domain.ids import AccountId, RequestId
from core.ports.clock import Clock
from core.store.tables import event_cursors, events

_AFTER = (
    sa.select(events).where(events.c.seq > sa.bindparam("seq_after")).order_by(events.c.seq).limit(sa.bindparam("most"))
)
_AFTER_OF = (
    sa.select(events)
    .where(events.c.request_id == sa.bindparam("the_request"), events.c.seq > sa.bindparam("seq_after"))
    .order_by(events.c.seq)
    .limit(sa.bindparam("most"))
)
_CURSOR = sa.select(event_cursors.c.seq).where(event_cursors.c.name == sa.bindparam("reader"))
_TAKE = _CURSOR.with_for_update()  # which SQLite needs not: its writer is alone
_LAST = sa.select(sa.func.coalesce(sa.func.max(events.c.seq), 0))
_ADD = sa.insert(events)
_MOVE = sa.update(event_cursors).where(
    event_cursors.c.name == sa.bindparam("reader"), event_cursors.c.seq <= sa.bindparam("to_seq")
)
_REGISTER = sa.insert(event_cursors)
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
_BODY = msgspec.json.Decoder(dict[str, object])


class Events:
    """The events of one transaction."""

    def __init__(self, connection: sa.Connection, clock: Clock) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection
        self._clock = clock
        self.has_news = False

    def after(self, cursor: int, *, limit: int, request_id: RequestId | None = None) -> Sequence[Event]:
        """Return what happened after the cursor, oldest first; of one request if given."""
        where: dict[str, object] = {"seq_after": cursor, "most": limit}
        if request_id is None:
            found = self._connection.execute(_AFTER, where)
        else:
            found = self._connection.execute(_AFTER_OF, where | {"the_request": request_id})
        return [
            Event(
                seq=row.seq,
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
        return int(self._connection.scalar(_CURSOR, {"reader": name}) or 0)

    def last_seq(self) -> int:
        """Return the newest event's number, 0 if there is none."""
        return int(self._connection.scalar(_LAST) or 0)

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
        self._connection.execute(
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
        return int(self._connection.scalar(_TAKE, {"reader": name}) or 0)

    def move_cursor(self, name: str, seq: int) -> None:
        """Register the reader, or move its cursor forward; never back."""
        now_ms = self._clock.now_ms()
        moved = self._connection.execute(_MOVE, {"reader": name, "to_seq": seq, "seq": seq, "moved_at_ms": now_ms})
        if moved.rowcount == 0 and self._connection.scalar(_CURSOR, {"reader": name}) is None:
            self._connection.execute(_REGISTER, {"name": name, "seq": seq, "moved_at_ms": now_ms})

    def prune(self, *, before_ms: int, limit: int) -> int:
        """Delete old events that every registered reader has dealt with and return how many."""
        return self._connection.execute(_PRUNE, {"before_ms": before_ms, "most": limit}).rowcount
