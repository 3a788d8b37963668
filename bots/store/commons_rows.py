"""The local timeline's rows as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from bots.platform import Picture, PostFacts, Visibility
from bots.store.rows import CommissionState


class PostKind(StrEnum):
    """What a post of the timeline is: a person's words (for the bot or for nobody), or the bot's answer."""

    MENTION = "mention"
    NOTE = "note"
    REPLY = "reply"
    SHOWCASE = "showcase"


class PostBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a post carries besides its text.

    `answers` is the post it answers (the row's `in_reply_to` is the thread's first post). `subject` is the post
    whose votes it shares: a picture is voted on once, whether in its thread or in the showcase.
    """

    answers: int | None = None
    subject: int | None = None
    commission_id: str = ""
    media: tuple[Picture, ...] = ()
    facts: PostFacts | None = None
    spoiler: str = ""
    label: str = ""
    to_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """A post to be written; the same `idempotency_key` is written once."""

    idempotency_key: str
    kind: PostKind
    author_id: str
    author_name: str
    text: str
    at_ms: int
    account_id: int | None = None
    in_reply_to: int | None = None
    visibility: Visibility = Visibility.PUBLIC
    hidden: bool = False
    body: PostBody = field(default_factory=PostBody)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePost:
    """A post of the timeline. Hidden ones are seen by their author alone."""

    id: int
    kind: PostKind
    author_id: str
    author_name: str
    account_id: int | None
    text: str
    in_reply_to: int | None
    visibility: Visibility
    hidden: bool
    created_at_ms: int
    body: PostBody


@dataclass(frozen=True, slots=True, kw_only=True)
class CastVote:
    """One change of a vote; `value` 0 takes it back. A new change has a new, larger id."""

    id: int
    post_id: int
    voter_id: str
    voter_name: str
    value: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The votes on a post, and the reader's own."""

    up: int = 0
    down: int = 0
    mine: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSummons:
    """A summons from the timeline that is not answered yet."""

    post_id: int
    commission_id: str
    state: CommissionState
    request_id: str | None
    author_id: str
