"""Taking away what was posted: an outbox row of its own, as posting is."""

from __future__ import annotations

from dataclasses import replace

from bots.platform import Author, Post, Target
from bots.store.outbox import add_post
from bots.store.rows import OutboxRow
from core.ports.store import Transaction


def add_removal(tx: Transaction, row: OutboxRow, *, by: str, now_ms: int, with_pictures: bool = True) -> str:
    """The sent post of that row will be taken away, and its pictures with it; returns the new row's id.

    by: the commission that asks for it; one commission takes away at most one reply and one showcase post.
    """
    target = Target.REMOVE_SHOWCASE if row.target is Target.SHOWCASE else Target.REMOVE_REPLY
    removal = Post(
        outbox_id="",
        commission_id=by,
        idempotency_key=f"{by}:{target}",
        platform=row.platform,
        target=target,
        text="",
        to=Author(external_id="", display_name=""),
        media=tuple(replace(one, alt_text="") for one in row.post.media) if with_pictures else (),
        removes=row.remote_id,
    )
    return add_post(tx, post=removal, now_ms=now_ms)
