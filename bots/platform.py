# ruff: noqa: N818 - the names are the words of the room, they read as what went wrong
"""What a platform is to the bots: one Protocol, with its limits, events, posts and outcomes as plain values."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias

AI_LABEL = "AI generated"
"""The words that every post with a picture carries."""


class EventKind(StrEnum):
    """What happened on a platform."""

    MENTION = "mention"
    DIRECT = "direct"
    VOTE = "vote"
    SCORE = "score"
    REACTION = "reaction"
    DELETE = "delete"


class Visibility(StrEnum):
    """Who can see a post, from everyone to the addressed person alone."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    DIRECT = "direct"


class Target(StrEnum):
    """What an outbox row is for; a commission has at most one row a target. The last two take a post away again."""

    SHOWCASE = "showcase"
    REPLY = "reply"
    REMOVE_SHOWCASE = "remove_showcase"
    REMOVE_REPLY = "remove_reply"


class Idempotency(StrEnum):
    """How far the platform itself keeps a post from being made twice."""

    NONE = "none"
    KEY = "key"
    NONCE = "nonce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """The limits and abilities of a platform, as data.

    `read_lag_s` is how long a post may be missing from the platform's own listings after it was accepted:
    a post counts as absent only after two looks at least that far apart. `nsfw_allowed`: people may ask for pictures
    that are not safe for work; elsewhere such a wish is passed over and the workers' check holds them back.
    """

    text_chars_max: int
    media_max: int
    alt_text_chars_max: int
    can_edit: bool = False
    can_delete: bool = False
    can_be_private: bool = False
    can_show: bool = False
    nsfw_allowed: bool = False
    idempotency: Idempotency = Idempotency.NONE
    acknowledge_deadline_s: float | None = None
    read_lag_s: float = 30.0
    deliveries_at_once: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who did something on a platform.

    `account_id` is set only where the platform itself has proven which account this is (commons, by API key);
    everyone else is identified by (platform, external_id).
    """

    external_id: str
    display_name: str
    is_bot: bool = False
    account_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformEvent:
    """One thing that happened on a platform, as its adapter read it.

    `event_id` is unique on the platform: the same event read twice is stored once. `remote_id` is the post
    the event is about: the summoning post itself, or the post voted on. `cursor` is where reading goes on
    after this event, None where the platform keeps no position. `text` is plain text with newlines, still
    with the mention in it. `value` is a vote: 1, 0 (taken back)
    or -1; of a SCORE it is the sum of all votes now, where a platform does not tell who cast them.
    """

    platform: str
    event_id: str
    kind: EventKind
    author: Author
    remote_id: str
    at_ms: int
    text: str = ""
    in_reply_to: str | None = None
    visibility: Visibility = Visibility.PUBLIC
    value: int = 0
    cursor: str | None = None
    raw: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A finished picture as it goes into a post; `key` is its key in the object store."""

    key: str
    url: str
    alt_text: str
    width_px: int
    height_px: int
    content_type: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFacts:
    """What a post tells about the pictures in it, for platforms that show more than text."""

    requester: str
    requester_id: str
    prompt: str
    style: str
    model: str
    price_mk: int
    balance_mk: int
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One outbox row as an adapter sees it; `idempotency_key` is the same at every attempt.

    `spoiler` is the content warning or None. `showcase_url` is the address of the same pictures' showcase
    post, once it is there. `to` is who is answered. `facts` is None on posts without pictures. `removes` is the post
    that a removal takes away; adapters see it as the argument of `delete` only.
    """

    outbox_id: str
    commission_id: str
    idempotency_key: str
    platform: str
    target: Target
    text: str
    to: Author
    media: tuple[Picture, ...] = ()
    in_reply_to: str | None = None
    visibility: Visibility = Visibility.PUBLIC
    spoiler: str | None = None
    showcase_url: str | None = None
    facts: PostFacts | None = None
    removes: str | None = None
    label: str = AI_LABEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The post is there."""

    remote_id: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The platform said no and will say no again (deleted parent, banned, too long)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAt:
    """The platform did certainly NOT take the post and says when to come back.

    `is_planned`: nothing is wrong, the adapter itself holds it back (a budget of posts an hour).
    """

    at_ms: int
    reason: str = ""
    is_planned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguous:
    """Nobody knows whether the platform took the post: time-out, dropped connection, 5xx."""

    reason: str


Outcome: TypeAlias = Delivered | Refused | RetryAt | Ambiguous


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The post is on the platform."""

    remote_id: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The platform's listings do not have the post (yet)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """The platform could not be asked, or its answer decides nothing."""

    reason: str


Finding: TypeAlias = Found | Absent | Unsure


class PlatformDown(Exception):
    """The platform cannot be reached or its stream broke; the supervisor comes back later."""


class PlatformMisconfigured(Exception):
    """Credentials or settings of this platform are wrong; only a person can mend it, so its adapter stops."""


class Platform(Protocol):
    """One place where people summon the horde. All methods run on the event loop and may be cancelled.

    An adapter never retries a call that may make a second post, translates its SDK's errors to the outcomes
    above (or `PlatformDown`, `PlatformMisconfigured`), and keeps no state that a crash may lose.
    """

    @property
    def name(self) -> str:
        """The platform's name: `commons`, `mastodon` …; the key of its rows."""
        ...

    @property
    def handle(self) -> str:
        """The name people mention on it, without `@`."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do now."""
        ...

    def events(self, cursor: str | None) -> AsyncIterator[PlatformEvent]:
        """Yields what happened after `cursor`, oldest first, and goes on for ever.

        May yield an event again that was yielded before. Raises PlatformDown or PlatformMisconfigured.
        """
        ...

    async def acknowledge(self, events: Sequence[PlatformEvent]) -> None:
        """The platform knows that these events are stored and need not be shown again."""
        ...

    async def deliver(self, post: Post) -> Outcome:
        """The post is on the platform, or the outcome says why that is not known. One attempt, no retry."""
        ...

    async def reconcile(self, post: Post) -> Finding:
        """Says whether an earlier `deliver` of this post arrived, by asking the platform."""
        ...

    async def edit(self, remote_id: str, post: Post) -> Outcome:
        """The post of that id has this content; Refused where `can_edit` is false."""
        ...

    async def delete(self, remote_id: str) -> Outcome:
        """The post of that id is gone (also if it was before); Refused where `can_delete` is false."""
        ...

    async def close(self) -> None:
        """Connections are closed; may be called twice."""
        ...
