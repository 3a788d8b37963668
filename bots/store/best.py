"""The results that people liked best, of all platforms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Exists, select

from bots.platform import Post, Target
from bots.store.rows import CommissionState, OutboxState
from bots.store.tables import commissions, outbox, ratings
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Liked:
    """A result that is in a showcase. asked_on: where it was asked for; shown_on and url: where it is shown."""

    post: Post
    asked_on: str
    shown_on: str
    url: str | None
    remote_id: str
    up: int
    down: int
    at_ms: int


def best_results(tx: ReadTransaction | Transaction, *, since_ms: int, limit: int) -> Sequence[Liked]:
    """Returns the results with most votes for them over those against them, none with fewer; the best first.

    since_ms: asked for no earlier. What is private, not safe for work or no longer shown is not among them.
    """
    score = ratings.c.up - ratings.c.down
    found = connection_of(tx).execute(
        select(
            outbox.c.body,
            outbox.c.platform.label("shown_on"),
            outbox.c.remote_url,
            outbox.c.remote_id,
            commissions.c.platform.label("asked_on"),
            commissions.c.created_at_ms,
            ratings.c.up,
            ratings.c.down,
        )
        .select_from(ratings)
        .join(commissions, commissions.c.id == ratings.c.commission_id)
        .join(outbox, outbox.c.commission_id == commissions.c.id)
        .where(
            score > 0,
            commissions.c.created_at_ms >= since_ms,
            commissions.c.state.in_([CommissionState.FINISHED.value, CommissionState.ANSWERED.value]),
            commissions.c.private.is_(False),
            commissions.c.nsfw.is_(False),
            outbox.c.target == Target.SHOWCASE.value,
            outbox.c.state == OutboxState.SENT.value,
            ~_is_taken_away(),
        )
        .order_by(score.desc(), commissions.c.created_at_ms.desc())
        .limit(limit)
    )
    return [
        Liked(
            post=msgspec.json.decode(row.body, type=Post),
            asked_on=row.asked_on,
            shown_on=row.shown_on,
            url=row.remote_url,
            remote_id=row.remote_id,
            up=row.up,
            down=row.down,
            at_ms=row.created_at_ms,
        )
        for row in found
    ]


def _is_taken_away() -> Exists:
    removal = outbox.alias("removal")
    return (
        select(removal.c.id)
        .where(removal.c.commission_id == commissions.c.id, removal.c.target == Target.REMOVE_SHOWCASE.value)
        .exists()
    )
