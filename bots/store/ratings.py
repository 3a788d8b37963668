"""Votes on showcase posts, and the rating of a commission that they add up to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, delete, func, insert, select

from bots.store.tables import outbox, ratings, votes
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of, take_turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """How people voted on a commission's posts."""

    commission_id: str
    up: int
    down: int


def put_vote(tx: Transaction, *, platform: str, remote_id: str, voter_id: str, value: int, at_ms: int) -> None:
    """The person's vote on this post is `value`; 0 takes it back. One vote a person and post."""
    connection = connection_of(tx)
    same = (votes.c.platform == platform, votes.c.remote_id == remote_id, votes.c.voter_id == voter_id)
    connection.execute(delete(votes).where(*same))
    if value != 0:
        connection.execute(
            insert(votes).values(
                platform=platform,
                remote_id=remote_id,
                voter_id=voter_id,
                value=1 if value > 0 else -1,
                at_ms=at_ms,
            )
        )


def put_score(tx: Transaction, *, platform: str, remote_id: str, teller_id: str, value: int, at_ms: int) -> None:
    """All votes on this post add up to `value`, as the platform tells that names no voters; kept as one row."""
    connection = connection_of(tx)
    same = (votes.c.platform == platform, votes.c.remote_id == remote_id, votes.c.voter_id == teller_id)
    connection.execute(delete(votes).where(*same))
    if value != 0:
        connection.execute(
            insert(votes).values(platform=platform, remote_id=remote_id, voter_id=teller_id, value=value, at_ms=at_ms)
        )


def recount(tx: Transaction, *, commission_id: str, now_ms: int) -> Rating:
    """The commission's rating is the sum of the votes on its posts."""
    connection = connection_of(tx)
    take_turn(connection, f"rating:{commission_id}")  # a vote that is counted beside this one is seen, here or there
    up, down = connection.execute(
        select(
            func.coalesce(func.sum(case((votes.c.value > 0, votes.c.value), else_=0)), 0),
            func.coalesce(func.sum(case((votes.c.value < 0, -votes.c.value), else_=0)), 0),
        )
        .select_from(votes)
        .join(outbox, (outbox.c.platform == votes.c.platform) & (outbox.c.remote_id == votes.c.remote_id))
        .where(outbox.c.commission_id == commission_id)
    ).one()
    connection.execute(delete(ratings).where(ratings.c.commission_id == commission_id))
    connection.execute(insert(ratings).values(commission_id=commission_id, up=up, down=down, changed_at_ms=now_ms))
    return Rating(commission_id=commission_id, up=up, down=down)


def rating_of(tx: ReadTransaction | Transaction, *, commission_id: str) -> Rating:
    """Returns how people voted on a commission, nought by default."""
    row = connection_of(tx).execute(select(ratings).where(ratings.c.commission_id == commission_id)).first()
    if row is None:
        return Rating(commission_id=commission_id, up=0, down=0)
    return Rating(commission_id=commission_id, up=row.up, down=row.down)
