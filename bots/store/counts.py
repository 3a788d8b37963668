"""Counts: how many rows are in which state, at a cost that does not grow with the bots' past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from bots.store.ids import first_id
from bots.store.rows import CommissionState, InboxState, OutboxState
from bots.store.tables import commissions, inbox, outbox
from core.ports.store import ReadTransaction
from core.store import connection_of

DAY_MS: Final = 24 * 3_600 * 1_000
_ON_THE_WAY: Final = (OutboxState.PENDING, OutboxState.SENDING, OutboxState.UNKNOWN, OutboxState.DEAD)
_OPEN: Final = (CommissionState.NEW, CommissionState.ACCEPTED, CommissionState.FINISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class BotCounts:
    """Rows by (platform, state). What is over (sent, answered ...) is of the last day only; of the rest, all."""

    outbox: Mapping[tuple[str, str], int]
    commissions: Mapping[tuple[str, str], int]
    inbox_new: int


def bot_counts(tx: ReadTransaction, *, now_ms: int) -> BotCounts:
    """Returns what waits where, and what became of the last day's summonses."""
    connection = connection_of(tx)
    since_ms = now_ms - DAY_MS
    posts = select(outbox.c.platform, outbox.c.state, func.count()).group_by(outbox.c.platform, outbox.c.state)
    moving = connection.execute(posts.where(outbox.c.state.in_(_ON_THE_WAY)))
    sent = connection.execute(posts.where(outbox.c.state == OutboxState.SENT, outbox.c.next_at_ms >= since_ms))
    asked = select(commissions.c.platform, commissions.c.state, func.count()).group_by(
        commissions.c.platform, commissions.c.state
    )
    open_ones = connection.execute(asked.where(commissions.c.state.in_(_OPEN)))
    ended = connection.execute(
        asked.where(
            commissions.c.id >= first_id(since_ms),  # by the primary key; after a jump of the clock that is not enough
            commissions.c.created_at_ms >= since_ms,
            commissions.c.state.not_in(_OPEN),
        )
    )
    return BotCounts(
        outbox={(row[0], row[1]): int(row[2]) for rows in (moving, sent) for row in rows},
        commissions={(row[0], row[1]): int(row[2]) for rows in (open_ones, ended) for row in rows},
        inbox_new=int(
            connection.scalar(select(func.count()).select_from(inbox).where(inbox.c.state == InboxState.NEW)) or 0
        ),
    )
