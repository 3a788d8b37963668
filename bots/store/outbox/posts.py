"""The outbox: posts that must happen exactly once, and what is known of each delivery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
from sqlalchemy import Row, Select, func, insert, or_, select, update

from bots.platform import Post, Target
from bots.store.ids import new_id
from bots.store.rows import OutboxRow, OutboxState
from bots.store.tables import outbox
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of


def add_post(
    tx: Transaction,
    *,
    post: Post,
    now_ms: int,
    waits_for: str | None = None,
    waits_until_ms: int | None = None,
) -> str:
    """The post waits in the outbox; returns its row's id. A commission has one row a target, never two."""
    connection = connection_of(tx)
    there: str | None = connection.scalar(
        select(outbox.c.id).where(outbox.c.commission_id == post.commission_id, outbox.c.target == post.target.value)
    )
    if there is not None:
        return there
    row_id = new_id(now_ms)
    written = replace(post, outbox_id=row_id)
    connection.execute(
        insert(outbox).values(
            id=row_id,
            commission_id=post.commission_id,
            platform=post.platform,
            target=post.target.value,
            idempotency_key=post.idempotency_key,
            body=msgspec.json.encode(written).decode(),
            state=OutboxState.PENDING.value,
            next_at_ms=now_ms,
            waits_for=waits_for,
            waits_until_ms=waits_until_ms,
            created_at_ms=now_ms,
            changed_at_ms=now_ms,
        )
    )
    return row_id


def rewrite_post(tx: Transaction, *, row_id: str, post: Post, now_ms: int) -> None:
    """The row has this content and waits to be sent again (a shorter fallback of a refused post)."""
    _change(
        tx, row_id, now_ms, body=msgspec.json.encode(post).decode(), state=OutboxState.PENDING.value, next_at_ms=now_ms
    )


def claim_due(tx: Transaction, *, platform: str, now_ms: int, limit: int) -> list[OutboxRow]:
    """Marks the platform's due PENDING rows as SENDING and returns them as they are to be posted."""
    awaited = outbox.alias("awaited")
    found = (
        connection_of(tx)
        .execute(
            select(outbox, awaited.c.remote_url.label("showcase_url"))
            .outerjoin(awaited, awaited.c.id == outbox.c.waits_for)
            .where(
                outbox.c.state == OutboxState.PENDING.value,
                outbox.c.platform == platform,
                outbox.c.next_at_ms <= now_ms,
                or_(
                    outbox.c.waits_for.is_(None),
                    awaited.c.state.in_([OutboxState.SENT.value, OutboxState.DEAD.value]),
                    outbox.c.waits_until_ms <= now_ms,
                ),
            )
            .order_by(outbox.c.next_at_ms, outbox.c.id)
            .limit(limit)
            .with_for_update(of=outbox, skip_locked=True)  # on PostgreSQL: another deliverer has those in its hands
        )
        .all()
    )
    if not found:
        return []
    connection_of(tx).execute(
        update(outbox)
        .where(outbox.c.id.in_([row.id for row in found]))
        .values(state=OutboxState.SENDING.value, attempts=outbox.c.attempts + 1, changed_at_ms=now_ms)
    )
    claimed = []
    for row in found:
        sending = _row(row, state=OutboxState.SENDING, attempts=row.attempts + 1)
        claimed.append(replace(sending, post=replace(sending.post, showcase_url=row.showcase_url)))
    return claimed


def due_unknown(tx: ReadTransaction | Transaction, *, platform: str, now_ms: int, limit: int) -> list[OutboxRow]:
    """Returns the platform's UNKNOWN rows whose time to be looked for has come."""
    found = connection_of(tx).execute(
        _all_rows()
        .where(
            outbox.c.state == OutboxState.UNKNOWN.value,
            outbox.c.platform == platform,
            outbox.c.next_at_ms <= now_ms,
        )
        .order_by(outbox.c.next_at_ms, outbox.c.id)
        .limit(limit)
    )
    return [_row(row) for row in found]


def next_due_ms(tx: ReadTransaction | Transaction, *, platform: str) -> int | None:
    """Returns when the platform's next row is due, None if nothing waits."""
    due: int | None = connection_of(tx).scalar(
        select(func.min(outbox.c.next_at_ms)).where(
            outbox.c.platform == platform,
            outbox.c.state.in_([OutboxState.PENDING.value, OutboxState.UNKNOWN.value]),
        )
    )
    return due


def doubt_unfinished(tx: Transaction, *, platform: str, now_ms: int) -> int:
    """Rows left SENDING by an earlier life of this process are UNKNOWN; returns how many."""
    changed = connection_of(tx).execute(
        update(outbox)
        .where(outbox.c.state == OutboxState.SENDING.value, outbox.c.platform == platform)
        .values(
            state=OutboxState.UNKNOWN.value,
            next_at_ms=now_ms,
            unknown_since_ms=now_ms,
            absent_at_ms=None,
            reason="the process ended while sending",
            changed_at_ms=now_ms,
        )
    )
    return changed.rowcount


def settle_sent(tx: Transaction, *, row_id: str, remote_id: str, remote_url: str | None, now_ms: int) -> None:
    """The post is there, under this id."""
    _change(tx, row_id, now_ms, state=OutboxState.SENT.value, remote_id=remote_id, remote_url=remote_url, reason="")


def settle_later(tx: Transaction, *, row: OutboxRow, next_at_ms: int, reason: str, now_ms: int) -> None:
    """The post is certainly not there and is sent at `next_at_ms`."""
    _change_open(
        tx,
        row,
        now_ms,
        state=OutboxState.PENDING.value,
        next_at_ms=next_at_ms,
        unknown_since_ms=None,
        absent_at_ms=None,
        reason=reason,
    )


def settle_unknown(tx: Transaction, *, row: OutboxRow, next_at_ms: int, reason: str, now_ms: int) -> None:
    """Nobody knows whether the post is there; it is looked for at `next_at_ms`."""
    since_ms = row.unknown_since_ms if row.unknown_since_ms is not None else now_ms
    _change_open(
        tx,
        row,
        now_ms,
        state=OutboxState.UNKNOWN.value,
        next_at_ms=next_at_ms,
        unknown_since_ms=since_ms,
        reason=reason,
    )


def settle_absent(tx: Transaction, *, row: OutboxRow, next_at_ms: int, now_ms: int) -> None:
    """The post was looked for and not seen once; it is looked for again at `next_at_ms`."""
    _change_open(tx, row, now_ms, next_at_ms=next_at_ms, absent_at_ms=now_ms, reason="not seen once")


def settle_dead(tx: Transaction, *, row: OutboxRow, reason: str, now_ms: int) -> None:
    """The post will not be sent (again) by itself; `reason` says why."""
    _change_open(tx, row, now_ms, state=OutboxState.DEAD.value, reason=reason)


def post_of_remote(tx: ReadTransaction | Transaction, *, platform: str, remote_id: str) -> OutboxRow | None:
    """Returns the row whose post has this id on the platform."""
    row = (
        connection_of(tx)
        .execute(_all_rows().where(outbox.c.platform == platform, outbox.c.remote_id == remote_id))
        .first()
    )
    return None if row is None else _row(row)


def posts_of_commission(tx: ReadTransaction | Transaction, *, commission_id: str) -> Sequence[OutboxRow]:
    """Returns all rows of a commission, the showcase post before the reply."""
    found = connection_of(tx).execute(_all_rows().where(outbox.c.commission_id == commission_id).order_by(outbox.c.id))
    return [_row(row) for row in found]


def _all_rows() -> Select[tuple[object, ...]]:
    return select(outbox)


def _change(tx: Transaction, row_id: str, now_ms: int, **columns: object) -> None:
    connection_of(tx).execute(update(outbox).where(outbox.c.id == row_id).values(changed_at_ms=now_ms, **columns))


def _change_open(tx: Transaction, row: OutboxRow, now_ms: int, **columns: object) -> None:
    """Changes the row unless another process has dealt with it since it was read."""
    connection_of(tx).execute(
        update(outbox)
        .where(
            outbox.c.id == row.id,
            outbox.c.attempts == row.attempts,
            outbox.c.state.in_([OutboxState.SENDING.value, OutboxState.UNKNOWN.value]),
        )
        .values(changed_at_ms=now_ms, **columns)
    )


def _row(row: Row[tuple[object, ...]], *, state: OutboxState | None = None, attempts: int | None = None) -> OutboxRow:
    return OutboxRow(
        id=row.id,
        commission_id=row.commission_id,
        platform=row.platform,
        target=Target(row.target),
        state=state or OutboxState(row.state),
        attempts=row.attempts if attempts is None else attempts,
        next_at_ms=row.next_at_ms,
        waits_for=row.waits_for,
        waits_until_ms=row.waits_until_ms,
        unknown_since_ms=row.unknown_since_ms,
        absent_at_ms=row.absent_at_ms,
        remote_id=row.remote_id,
        remote_url=row.remote_url,
        reason=row.reason,
        post=msgspec.json.decode(row.body, type=Post),
        created_at_ms=row.created_at_ms,
    )
