"""The timeline's rows as platform events: what people wrote and how they voted."""

from __future__ import annotations

import re

from bots.platform import Author, EventKind, PlatformEvent
from bots.store.commons_rows import CastVote, PostKind, TimelinePost

PLATFORM = "commons"


def mentions(text: str, *, handle: str) -> bool:
    """Tells whether the text calls the bot."""
    return re.search(rf"(?<![\w@/])@{re.escape(handle)}(?![\w-])", text, re.IGNORECASE) is not None


def runs_of(text: str, *, handle: str) -> tuple[tuple[str, bool], ...]:
    """Returns the text in runs of (words, is a mention), nothing lost."""
    parts = re.split(rf"((?<![\w@/])@(?:{re.escape(handle)}|guest-[0-9a-f]{{4}})(?![\w-]))", text, flags=re.IGNORECASE)
    return tuple((part, place % 2 == 1) for place, part in enumerate(parts) if part)


def event_id_of_post(post_id: int) -> str:
    """Returns the event id under which a post's summons is stored."""
    return f"post-{post_id}"


def cursor_text(*, posts: int, votes: int) -> str:
    """Returns a reading position: the last post and the last vote that were read."""
    return f"{posts}.{votes}"


def cursor_numbers(cursor: str | None) -> tuple[int, int]:
    """Returns (last post, last vote) of a reading position; zeros for none or one that is not ours."""
    posts, _, votes = (cursor or "").partition(".")
    if not posts.isdecimal() or not votes.isdecimal():
        return 0, 0
    return int(posts), int(votes)


def event_of_post(post: TimelinePost, *, cursor: str) -> PlatformEvent | None:
    """Returns the summons that a person's post is; None for a note to nobody."""
    if post.kind is not PostKind.MENTION:
        return None
    return PlatformEvent(
        platform=PLATFORM,
        event_id=event_id_of_post(post.id),
        kind=EventKind.MENTION,
        author=Author(external_id=post.author_id, display_name=post.author_name, account_id=post.account_id),
        remote_id=str(post.id),
        at_ms=post.created_at_ms,
        text=post.text,
        in_reply_to=None if post.body.answers is None else str(post.body.answers),
        visibility=post.visibility,
        cursor=cursor,
    )


def event_of_vote(vote: CastVote, *, cursor: str) -> PlatformEvent:
    """Returns the vote as an event; a person's later vote on the same post is another event."""
    return PlatformEvent(
        platform=PLATFORM,
        event_id=f"vote-{vote.id}",
        kind=EventKind.VOTE,
        author=Author(external_id=vote.voter_id, display_name=vote.voter_name),
        remote_id=str(vote.post_id),
        at_ms=vote.at_ms,
        value=vote.value,
        cursor=cursor,
    )
