"""Items of the inbox and scores as platform events, and the place where reading the inbox goes on."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from bots.platform import Author, EventKind, Parent, PlatformEvent, Visibility
from bots.reddit.things import InboxItem, OwnPost

PLATFORM = "reddit"
EMPHASIS_DEEP = 3

_BOTS = re.compile(r"automoderator|reddit|.*[_-]bot\d*|.*mod-?team", re.IGNORECASE)
_NOBOT = re.compile(r"#nobots?\b", re.IGNORECASE)
_GONE = frozenset({"[deleted]", "[removed]"})
_FENCED = re.compile(r"^(```|~~~).*?(?:^\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_CODE_LINE = re.compile(r"(?:(?<=\n\n)|\A)(?:(?: {4}|\t).*\n?)+")
_SPOILER = re.compile(r">!(.*?)!<", re.DOTALL)
_QUOTE_LINE = re.compile(r"^[ \t]{0,3}>.*$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|~^<>/-])")
_EMPHASIS = re.compile(r"(?<![\\\w*])(\*\*\*|\*\*|\*|~~)(?=\S)(.+?)(?<=\S)(?<!\\)\1(?![\w*])", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far the inbox was read, by time: the item itself may be deleted, and then no listing goes on from it."""

    at_ms: int
    fullname: str

    @classmethod
    def of(cls, cursor: str | None) -> Place | None:
        """Returns the place a cursor tells, None at the first start or for one that is not ours."""
        at, _, fullname = (cursor or "").partition(".")
        return cls(at_ms=int(at), fullname=fullname) if at.isdecimal() else None

    @property
    def cursor(self) -> str:
        """The place as text."""
        return f"{self.at_ms}.{self.fullname}"

    def after(self, item: InboxItem) -> Place:
        """Returns the place after this item; it never goes back, as items may come late."""
        return Place(at_ms=item.at_ms, fullname=item.fullname) if item.at_ms > self.at_ms else self


def event_of_item(item: InboxItem, *, handle: str, cursor: str, is_nsfw: bool = False) -> PlatformEvent | None:
    """Returns the summons that an item is; None where there is nobody to answer or nothing is left of it.

    is_nsfw: the post or the subreddit has an age limit.
    """
    if not item.author or item.author in _GONE or item.text.strip() in _GONE:
        return None
    return PlatformEvent(
        platform=PLATFORM,
        event_id=item.fullname,
        kind=EventKind.DIRECT if item.is_message else EventKind.MENTION,
        author=author_of(item.author, handle=handle),
        remote_id=item.fullname,
        at_ms=item.at_ms,
        text=text_of_markdown(item.text or item.subject),
        in_reply_to=item.parent,
        visibility=Visibility.DIRECT if item.is_message else Visibility.PUBLIC,
        cursor=cursor,
        community="" if item.is_message else item.subreddit.casefold(),
        place_nsfw=is_nsfw,
        by_moderator=item.is_by_moderator,
        attachments=item.pictures,
        raw={"subreddit": item.subreddit},
    )


def parent_of(post: OwnPost, *, handle: str) -> Parent | None:
    """Returns what is answered; None where nothing is left of it."""
    if not post.author or post.author in _GONE or post.text.strip() in _GONE:
        return None
    words = [part for part in (post.title, text_of_markdown(post.text)) if part]
    author = author_of(post.author, handle=handle)
    return Parent(remote_id=post.fullname, author=author, text="\n".join(words), pictures=post.pictures)


def wants_no_bots(profile: str) -> bool:
    """Tells whether someone has written #nobot about themselves."""
    return _NOBOT.search(profile) is not None


def event_of_score(post: OwnPost, *, handle: str, now_ms: int) -> PlatformEvent:
    """Returns what people made of a post: Reddit tells the sum of all votes, in which the bot's own is one."""
    value = post.score - 1
    return PlatformEvent(
        platform=PLATFORM,
        event_id=f"score-{post.fullname}-{value}-{now_ms}",
        kind=EventKind.SCORE,
        author=Author(external_id=handle.casefold(), display_name=handle, is_bot=True),
        remote_id=post.fullname,
        at_ms=now_ms,
        value=value,
    )


def author_of(name: str, *, handle: str) -> Author:
    """Returns who wrote. Reddit marks no bots for others to see: what is named like one is taken for one."""
    is_bot = name.casefold() == handle.casefold() or _BOTS.fullmatch(name) is not None
    # Names are unique whatever their case, and only of these letters.
    return Author(external_id=name.casefold(), display_name=name, is_bot=is_bot)


def text_of_markdown(text: str) -> str:
    """Returns what someone wrote themselves, as plain text: without quotes, code and markup."""
    text = html.unescape(text).replace("\r\n", "\n").replace("\u200b", "")
    text = _SPOILER.sub(r"\1", text)
    for strange in (_FENCED, _CODE_LINE, _QUOTE_LINE):
        text = strange.sub("", text)
    text = _LINK.sub(r"\1", text)
    for _ in range(EMPHASIS_DEEP):
        text = _EMPHASIS.sub(r"\2", text)
    return _ESCAPED.sub(r"\1", text).strip()
