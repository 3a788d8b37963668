"""What Reddit's listings hold, as plain values: items of the inbox, and the bot's own posts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bots.platform import Attachment
from bots.reddit.pictures import Json, pictures_of

COMMENT = "t1"
SUBMISSION = "t3"
MESSAGE = "t4"
_IN_COMMENTS = re.compile(r"/comments/(\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """A mention, a reply or a private message. author is empty where the account is gone or Reddit itself writes.

    submission: the post below which a comment is.
    """

    fullname: str
    author: str
    text: str
    subject: str
    parent: str | None
    subreddit: str
    at_ms: int
    is_new: bool
    submission: str = ""
    pictures: tuple[Attachment, ...] = ()
    is_by_moderator: bool = False

    @property
    def is_message(self) -> bool:
        """Whether it was written to the bot alone."""
        return self.fullname.startswith(f"{MESSAGE}_")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPost:
    """A comment, message or submission. parent: of a comment or message; link: of a submission.

    submission: the post below which a comment is.
    """

    fullname: str
    parent: str | None
    text: str
    link: str
    subreddit: str
    author: str
    permalink: str
    score: int
    at_ms: int
    submission: str = ""
    is_nsfw: bool = False
    title: str = ""
    pictures: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """A subreddit."""

    name: str
    is_nsfw: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The account the bot is logged in with."""

    name: str
    is_suspended: bool


def item_of(thing: Json) -> InboxItem:
    """Returns an item of the inbox; a field that Reddit leaves out is empty."""
    is_system = thing.get("distinguished") == "admin"
    return InboxItem(
        fullname=_text(thing, "name"),
        author="" if is_system else _text(thing, "author"),
        text=_text(thing, "body"),
        subject=_text(thing, "subject"),
        parent=_text(thing, "parent_id") or None,
        subreddit=_text(thing, "subreddit"),
        at_ms=_at_ms(thing),
        is_new=bool(thing.get("new")),
        is_by_moderator=thing.get("distinguished") == "moderator",
        submission=_submission(thing),
        pictures=pictures_of(thing),
    )


def post_of(thing: Json) -> OwnPost:
    """Returns a post; a field that Reddit leaves out is empty."""
    return OwnPost(
        fullname=_text(thing, "name"),
        parent=_text(thing, "parent_id") or None,
        text=_text(thing, "body") or _text(thing, "selftext"),
        link=_text(thing, "url"),
        subreddit=_text(thing, "subreddit"),
        author=_text(thing, "author"),
        permalink=_text(thing, "permalink"),
        score=int(_number(thing, "score")),
        at_ms=_at_ms(thing),
        submission=_submission(thing),
        is_nsfw=thing.get("over_18") is True,
        title=_text(thing, "title"),
        pictures=pictures_of(thing),
    )


def community_of(about: Json) -> Community:
    """Returns the subreddit that is told about; Reddit writes its age limit in two ways."""
    is_nsfw = about.get("over18") is True or about.get("over_18") is True
    return Community(name=_text(about, "display_name"), is_nsfw=is_nsfw)


def _submission(thing: Json) -> str:
    if _text(thing, "name").startswith(f"{SUBMISSION}_"):
        return _text(thing, "name")
    where = _IN_COMMENTS.search(_text(thing, "permalink") or _text(thing, "context"))
    return _text(thing, "link_id") or (f"{SUBMISSION}_{where[1]}" if where else "")


def _text(thing: Json, name: str) -> str:
    value = thing.get(name)
    return value if isinstance(value, str) else ""


def _number(thing: Json, name: str) -> float:
    value = thing.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _at_ms(thing: Json) -> int:
    return round(_number(thing, "created_utc") * 1_000)
