"""Events as they came in: stored once each, together with the place where reading goes on."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import func, insert, select, update

from bots.platform import EventKind, PlatformEvent
from bots.store.ids import new_id
from bots.store.rows import CommissionState, InboxRow, InboxState
from bots.store.tables import commissions, cursors, inbox
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of

SUMMONING = frozenset({EventKind.MENTION, EventKind.DIRECT})
"""Kinds of event that open a commission."""


def store_events(tx: Transaction, *, events: Sequence[PlatformEvent], now_ms: int) -> int:
    """Stores the events of one platform and moves its cursor to the last; returns how many were new."""
    if not events:
        return 0
    connection = connection_of(tx)
    platform = events[0].platform
    known = set(
        connection.scalars(
            select(inbox.c.event_id).where(
                inbox.c.platform == platform, inbox.c.event_id.in_([event.event_id for event in events])
            )
        )
    )
    rows: list[InboxRow] = []
    for event in events:
        if event.event_id not in known:
            known.add(event.event_id)
            rows.append(InboxRow(id=new_id(now_ms), event=event, received_at_ms=now_ms))
    if rows:
        connection.execute(insert(inbox), [_inbox_values(row) for row in rows])
    opened = [_commission_values(row) for row in rows if row.event.kind in SUMMONING]
    if opened:
        connection.execute(insert(commissions), opened)
    positions = [event.cursor for event in events if event.cursor is not None]
    if positions:
        move_cursor(tx, platform=platform, position=positions[-1], now_ms=now_ms)
    return len(rows)


def _inbox_values(row: InboxRow) -> dict[str, object]:
    return {
        "id": row.id,
        "platform": row.event.platform,
        "event_id": row.event.event_id,
        "kind": row.event.kind.value,
        "state": InboxState.NEW.value,
        "body": msgspec.json.encode(row.event).decode(),
        "received_at_ms": row.received_at_ms,
    }


def _commission_values(row: InboxRow) -> dict[str, object]:
    return {
        "id": row.id,
        "platform": row.event.platform,
        "state": CommissionState.NEW.value,
        "author_id": row.event.author.external_id,
        "author_name": row.event.author.display_name,
        "remote_id": row.event.remote_id,
        "visibility": row.event.visibility.value,
        "place": row.event.place,
        "created_at_ms": row.received_at_ms,
        "changed_at_ms": row.received_at_ms,
    }


def cursor_of(tx: ReadTransaction | Transaction, *, platform: str) -> str | None:
    """Returns where reading this platform goes on, None at the very first start."""
    position: str | None = connection_of(tx).scalar(select(cursors.c.position).where(cursors.c.platform == platform))
    return position


def move_cursor(tx: Transaction, *, platform: str, position: str, now_ms: int) -> None:
    """Reading this platform goes on after `position`."""
    connection = connection_of(tx)
    moved = connection.execute(
        update(cursors).where(cursors.c.platform == platform).values(position=position, moved_at_ms=now_ms)
    )
    if moved.rowcount == 0:
        connection.execute(insert(cursors).values(platform=platform, position=position, moved_at_ms=now_ms))


def new_rows(tx: ReadTransaction | Transaction, *, platforms: Sequence[str], limit: int) -> list[InboxRow]:
    """Returns the oldest events of these platforms that the desk has not read."""
    found = connection_of(tx).execute(
        select(inbox.c.id, inbox.c.body, inbox.c.received_at_ms)
        .where(inbox.c.state == InboxState.NEW.value, inbox.c.platform.in_(platforms))
        .order_by(inbox.c.id)
        .limit(limit)
    )
    return [
        InboxRow(
            id=row.id,
            event=msgspec.json.decode(row.body, type=PlatformEvent),
            received_at_ms=row.received_at_ms,
        )
        for row in found
    ]


def mark_read(tx: Transaction, *, row_id: str) -> bool:
    """The event is dealt with; returns False if it was before (then the caller must do nothing)."""
    changed = connection_of(tx).execute(
        update(inbox)
        .where(inbox.c.id == row_id, inbox.c.state == InboxState.NEW.value)
        .values(state=InboxState.READ.value, body="{}")  # nobody needs to know again what was said
    )
    return changed.rowcount == 1


def count_new(tx: ReadTransaction | Transaction) -> int:
    """Returns how many events wait for the desk."""
    counted: int | None = connection_of(tx).scalar(
        select(func.count()).select_from(inbox).where(inbox.c.state == InboxState.NEW.value)
    )
    return counted or 0
