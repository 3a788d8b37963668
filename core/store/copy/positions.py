"""Events and their readers' cursors: after a copy every reader goes on exactly where it stood."""

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa

from core.store.copy.rows import BATCH, Tell, read_all, write_all
from core.store.postgres.locks import is_postgres
from core.store.tables import event_cursors, events

# PostgreSQL's readers go by (xid, seq), and a number of another server's transaction means nothing elsewhere. So all
# events come with the xid 0, as events that are brought in do, and with their numbers dealt out anew in the order in
# which readers had them: the first gets the least.
_IN_ORDER: Final = sa.text(
    """
    SELECT n.seq, e.kind, e.request_id, e.account_id, e.at_ms, e.body
    FROM (SELECT *, row_number() OVER (ORDER BY xid, seq) AS place FROM events) AS e
    JOIN (SELECT seq, row_number() OVER (ORDER BY seq) AS place FROM events) AS n ON n.place = e.place
    ORDER BY n.seq
    """
)
_CURSORS: Final = sa.text(
    """
    SELECT c.name, c.moved_at_ms, c.seq,
           (SELECT count(*) FROM events AS e WHERE (e.xid, e.seq) <= (CAST(CAST(c.xid AS text) AS xid8), c.seq)) AS had
    FROM event_cursors AS c
    """
)
_PLACE: Final = sa.select(events.c.seq).order_by(events.c.seq).offset(sa.bindparam("before")).limit(1)
_BROUGHT_IN: Final = sa.insert(sa.table("events", *(sa.column(one.name) for one in events.c), sa.column("xid"))).values(
    {column.name: sa.bindparam(column.name, type_=column.type) for column in events.c}
    | {"xid": sa.text("CAST('0' AS xid8)")}
)


def copy_events(source: sa.Connection, target: sa.Connection, tell: Tell) -> dict[str, int]:
    """Return how many events and cursors are now in the target."""
    insert = _BROUGHT_IN if is_postgres(target) else sa.insert(events)
    return {
        events.name: write_all(target, events, _events(source), tell, insert=insert),
        event_cursors.name: write_all(target, event_cursors, _cursors(source), tell),
    }


def _events(source: sa.Connection) -> Iterator[dict[str, Any]]:
    """Yield the events in the order in which readers get them, numbered upwards in that order."""
    if not is_postgres(source):
        yield from read_all(source, events)
        return
    for row in source.execute(_IN_ORDER, execution_options={"yield_per": BATCH}).mappings():
        yield dict(row)


def _cursors(source: sa.Connection) -> Iterator[dict[str, Any]]:
    """Yield the cursors, each on the number of the last event that its reader has had."""
    if not is_postgres(source):
        yield from read_all(source, event_cursors)
        return
    for row in source.execute(_CURSORS).all():
        last = source.scalar(_PLACE, {"before": max(0, row.had - 1)})
        seq = 0 if last is None else int(last) if row.had else int(last) - 1
        yield {"name": row.name, "xid": 0, "seq": seq, "moved_at_ms": row.moved_at_ms}
