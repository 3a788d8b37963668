"""The outbox's rows: how a post goes out, what operators see and change, and which process sends."""

from bots.store.outbox.posts import (
    add_post,
    claim_due,
    doubt_unfinished,
    due_unknown,
    next_due_ms,
    post_of_remote,
    posts_of_commission,
    rewrite_post,
    settle_absent,
    settle_dead,
    settle_later,
    settle_sent,
    settle_unknown,
)

__all__ = [
    "add_post",
    "claim_due",
    "doubt_unfinished",
    "due_unknown",
    "next_due_ms",
    "post_of_remote",
    "posts_of_commission",
    "rewrite_post",
    "settle_absent",
    "settle_dead",
    "settle_later",
    "settle_sent",
    "settle_unknown",
]
