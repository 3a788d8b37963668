"""What an operator asks of the outbox: which posts are where, and that dead ones are tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from bots.platform import Target
from bots.store.rows import OutboxState
from bots.store.tables import outbox
from core.domain.errors import Conflict, NotFound
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of

REQUEUED = "requeued by an operator"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A post of the outbox without its content."""

    id: str
    platform: str
    target: Target
    state: OutboxState
    attempts: int
    created_at_ms: int
    next_at_ms: int
    reason: str


def letters(
    tx: ReadTransaction | Transaction,
    *,
    states: Sequence[OutboxState],
    platform: str | None = None,
    ids: Sequence[str] | None = None,
    limit: int,
) -> list[Letter]:
    """Returns the newest posts in these states, newest first."""
    query = select(
        outbox.c.id,
        outbox.c.platform,
        outbox.c.target,
        outbox.c.state,
        outbox.c.attempts,
        outbox.c.created_at_ms,
        outbox.c.next_at_ms,
        outbox.c.reason,
    ).where(outbox.c.state.in_([state.value for state in states]))
    if platform is not None:
        query = query.where(outbox.c.platform == platform)
    if ids is not None:
        query = query.where(outbox.c.id.in_(ids))
    found = connection_of(tx).execute(query.order_by(outbox.c.id.desc()).limit(limit))
    return [
        Letter(
            id=row.id,
            platform=row.platform,
            target=Target(row.target),
            state=OutboxState(row.state),
            attempts=row.attempts,
            created_at_ms=row.created_at_ms,
            next_at_ms=row.next_at_ms,
            reason=row.reason,
        )
        for row in found
    ]


def requeue(tx: Transaction, *, ids: Sequence[str], platform: str | None = None, now_ms: int) -> list[str]:
    """These dead posts are UNKNOWN: the platform is asked for each before it is sent again. Returns their ids.

    Raises:
        NotFound, Conflict: one of them is not there (on that platform, if one is named) or not dead; then none is
            changed.
    """
    wanted = list(dict.fromkeys(ids))
    known = {
        one.id: one for one in letters(tx, states=tuple(OutboxState), platform=platform, ids=wanted, limit=len(wanted))
    }
    missing = [one for one in wanted if one not in known]
    if missing:
        where = f" on {platform}" if platform else ""
        raise NotFound(
            f"The outbox has no post {', '.join(missing)}{where}; nothing was changed. "
            "See: horde outbox list --state dead"
        )
    alive = [f"{one} is {known[one].state}" for one in wanted if known[one].state is not OutboxState.DEAD]
    if alive:
        raise Conflict(
            f"Only dead posts are requeued, but {', '.join(alive)}; nothing was changed. What is not dead goes out by "
            "itself, and what is sent is there: leave these out."
        )
    for begin in range(0, len(wanted), _AT_ONCE):
        _revive(tx, wanted[begin : begin + _AT_ONCE], now_ms)
    return wanted


def requeue_all(tx: Transaction, *, platform: str, now_ms: int) -> list[str]:
    """All dead posts of the platform are UNKNOWN, as by `requeue`; returns their ids."""
    dead = connection_of(tx).scalars(
        select(outbox.c.id)
        .where(outbox.c.platform == platform, outbox.c.state == OutboxState.DEAD.value)
        .order_by(outbox.c.id)
    )
    found = list(dead)
    for begin in range(0, len(found), _AT_ONCE):
        _revive(tx, found[begin : begin + _AT_ONCE], now_ms)
    return found


def _revive(tx: Transaction, ids: Sequence[str], now_ms: int) -> None:
    connection_of(tx).execute(
        update(outbox)
        .where(outbox.c.id.in_(ids), outbox.c.state == OutboxState.DEAD.value)
        .values(
            state=OutboxState.UNKNOWN.value,
            attempts=0,
            next_at_ms=now_ms,
            unknown_since_ms=now_ms,
            absent_at_ms=None,
            reason=REQUEUED,
            changed_at_ms=now_ms,
        )
    )
