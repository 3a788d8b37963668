"""What was posted lately and who has voted on it: for platforms that forget what happened while we were away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from bots.platform import Target
from bots.store.rows import OutboxState
from bots.store.tables import outbox, votes
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of

RATED = (Target.REPLY.value, Target.SHOWCASE.value)


def recent_posts(tx: ReadTransaction | Transaction, *, platform: str, since_ms: int, limit: int) -> Sequence[str]:
    """Returns the platform's ids of our newest posts since then, newest first."""
    found = connection_of(tx).scalars(
        select(outbox.c.remote_id)
        .where(
            outbox.c.platform == platform,
            outbox.c.state == OutboxState.SENT.value,
            outbox.c.target.in_(RATED),
            outbox.c.remote_id.is_not(None),
            outbox.c.changed_at_ms >= since_ms,
        )
        .order_by(outbox.c.changed_at_ms.desc(), outbox.c.id.desc())
        .limit(limit)
    )
    return [str(one) for one in found]


def voters_on(
    tx: ReadTransaction | Transaction, *, platform: str, remote_ids: Sequence[str]
) -> Mapping[str, frozenset[str]]:
    """Returns who has voted on each of these posts."""
    found = connection_of(tx).execute(
        select(votes.c.remote_id, votes.c.voter_id).where(
            votes.c.platform == platform, votes.c.remote_id.in_(remote_ids)
        )
    )
    voters: dict[str, set[str]] = {one: set() for one in remote_ids}
    for row in found:
        voters[row.remote_id].add(row.voter_id)
    return {one: frozenset(those) for one, those in voters.items()}


def remote_of_post(tx: ReadTransaction | Transaction, *, outbox_id: str) -> str | None:
    """Returns the platform's id of the post of this outbox row, None where it is not there."""
    found: str | None = connection_of(tx).scalar(select(outbox.c.remote_id).where(outbox.c.id == outbox_id))
    return found
