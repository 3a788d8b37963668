"""What is known of a person on one platform, and how it is taken out of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
from sqlalchemy import delete, insert, select, update

from bots.platform import Author, Post
from bots.store.rows import CommissionState, OutboxState
from bots.store.tables import commissions, forgets, outbox, paces, votes
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of

NOBODY = "forgotten"
"""Stands where a name was."""
_SETTLED = (OutboxState.SENT.value, OutboxState.DEAD.value)


def commission_ids_of(tx: ReadTransaction | Transaction, *, platform: str, author_id: str) -> Sequence[str]:
    """Returns the ids of a person's commissions that were dealt with, oldest first."""
    return (
        connection_of(tx)
        .scalars(
            select(commissions.c.id)
            .where(
                commissions.c.platform == platform,
                commissions.c.author_id == author_id,
                commissions.c.state != CommissionState.NEW.value,
            )
            .order_by(commissions.c.id)
        )
        .all()
    )


def wipe_commissions(tx: Transaction, *, ids: Sequence[str], now_ms: int) -> None:
    """Nothing of these commissions tells who asked for what: neither they nor their posts.

    Posts that were not sent will not be.
    """
    connection = connection_of(tx)
    connection.execute(
        update(commissions)
        .where(commissions.c.id.in_(ids))
        .values(
            author_id=NOBODY,
            author_name=NOBODY,
            prompt="",
            order_text="",
            source="",
            account_id=None,
            changed_at_ms=now_ms,
        )
    )
    connection.execute(
        update(outbox)
        .where(outbox.c.commission_id.in_(ids), outbox.c.state == OutboxState.PENDING.value, outbox.c.attempts == 0)
        .where(outbox.c.target.not_like("remove_%"))
        .values(state=OutboxState.DEAD.value, reason=NOBODY, changed_at_ms=now_ms)
    )
    rows = connection.execute(
        select(outbox.c.id, outbox.c.body).where(outbox.c.commission_id.in_(ids), outbox.c.state.in_(_SETTLED))
    ).all()
    for row in rows:
        post = msgspec.json.decode(row.body, type=Post)
        bare = replace(
            post, text="", to=Author(external_id=NOBODY, display_name=NOBODY), facts=None, media=(), in_reply_to=None
        )
        connection.execute(update(outbox).where(outbox.c.id == row.id).values(body=msgspec.json.encode(bare).decode()))


def take_votes(tx: Transaction, *, platform: str, voter_id: str) -> Sequence[str]:
    """The person's votes are gone; returns the commissions that they counted for."""
    connection = connection_of(tx)
    about = connection.scalars(
        select(outbox.c.commission_id)
        .distinct()
        .join(votes, (outbox.c.platform == votes.c.platform) & (outbox.c.remote_id == votes.c.remote_id))
        .where(votes.c.platform == platform, votes.c.voter_id == voter_id)
    ).all()
    connection.execute(delete(votes).where(votes.c.platform == platform, votes.c.voter_id == voter_id))
    connection.execute(delete(paces).where(paces.c.platform == platform, paces.c.external_id == voter_id))
    return about


def add_last_words(tx: Transaction, *, commission_id: str, now_ms: int) -> None:
    """This commission is forgotten as soon as none of its posts is on the way."""
    known = connection_of(tx).scalar(select(forgets.c.at_ms).where(forgets.c.commission_id == commission_id))
    if known is None:
        connection_of(tx).execute(insert(forgets).values(commission_id=commission_id, at_ms=now_ms))


def said_last_words(tx: ReadTransaction | Transaction, *, limit: int) -> Sequence[tuple[str, bool]]:
    """Returns commissions that are to be forgotten and have nothing left to send; True for one whose reply stays."""
    unsent = (
        select(outbox.c.id)
        .where(outbox.c.commission_id == forgets.c.commission_id, outbox.c.state.not_in(_SETTLED))
        .exists()
    )
    found = connection_of(tx).execute(
        select(forgets.c.commission_id, commissions.c.author_id)
        .join(commissions, commissions.c.id == forgets.c.commission_id)
        .where(~unsent)
        .limit(limit)
    )
    return [(row.commission_id, row.author_id != NOBODY) for row in found]


def drop_last_words(tx: Transaction, *, ids: Sequence[str]) -> None:
    """These commissions have been forgotten."""
    connection_of(tx).execute(delete(forgets).where(forgets.c.commission_id.in_(ids)))


def open_ids(tx: ReadTransaction | Transaction, *, ids: Sequence[str]) -> Sequence[tuple[str, int]]:
    """Returns request and account of those of the commissions that wait for the horde."""
    found = connection_of(tx).execute(
        select(commissions.c.request_id, commissions.c.account_id).where(
            commissions.c.id.in_(ids),
            commissions.c.state == CommissionState.ACCEPTED.value,
            commissions.c.request_id.is_not(None),
        )
    )
    return [(row.request_id, row.account_id) for row in found]
