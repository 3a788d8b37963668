"""Private messages that answer no post."""

from __future__ import annotations

from sqlalchemy import insert

from bots.platform import Author, Post, Target, Visibility
from bots.store.ids import new_id
from bots.store.outbox import add_post
from bots.store.rows import CommissionState
from bots.store.tables import commissions
from core.ports.store import Transaction
from core.store import connection_of


def add_notice(tx: Transaction, *, platform: str, to: Author, text: str, about: str, now_ms: int) -> None:
    """The person is told this in private, once for each call; about: the post on the platform that it is about.

    A commission of its own is opened and ended with it, as every outbox row has one.
    """
    commission_id = new_id(now_ms)
    connection_of(tx).execute(
        insert(commissions).values(
            id=commission_id,
            platform=platform,
            state=CommissionState.TOLD.value,
            author_id=to.external_id,
            author_name=to.display_name,
            remote_id=about,
            visibility=Visibility.DIRECT.value,
            created_at_ms=now_ms,
            changed_at_ms=now_ms,
        )
    )
    notice = Post(
        outbox_id="",
        commission_id=commission_id,
        idempotency_key=f"{commission_id}:{Target.NOTICE}",
        platform=platform,
        target=Target.NOTICE,
        text=text,
        to=to,
        visibility=Visibility.DIRECT,
        label="",
    )
    add_post(tx, post=notice, now_ms=now_ms)
