"""What happens on a platform, as its adapter reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class EventKind(StrEnum):
    """What happened on a platform.

    A REACTION has `value` 1 where it was put on and 0 where it was taken back, its emoji in `mark` and the author of
    the post in `about`.
    """

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
class Attachment:
    """A picture in someone's post, at the platform's own address, which may expire; alt_text is its author's."""

    url: str
    content_type: str = ""
    alt_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The post that a summons answers: who wrote it, its own id, what pictures are in it."""

    remote_id: str
    author: Author
    text: str = ""
    pictures: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformEvent:
    """One thing that happened on a platform, as its adapter read it.

    `event_id` is unique on the platform: the same event read twice is stored once. `remote_id` is the post
    the event is about: the summoning post itself, or the post voted on. `cursor` is where reading goes on
    after this event, None where the platform keeps no position. `text` is plain text with newlines, still
    with the mention in it. `value` is a vote: 1, 0 (taken back)
    or -1; of a SCORE it is the sum of all votes now, where a platform does not tell who cast them.
    `community` is the subreddit, the server or the requester's instance, "" where there is none (direct messages);
    `place` is the thread within it, by the id that a post with `thread_name` came to there;
    `place_nsfw`: the place is age-restricted, so pictures that are not safe for work may be posted there.
    `by_moderator`: its author looks after the community, and the platform says so.
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
    community: str = ""
    place: str = ""
    place_nsfw: bool = False
    by_moderator: bool = False
    mark: str = ""
    about: Author | None = None
    attachments: tuple[Attachment, ...] = ()
    raw: Mapping[str, str] = field(default_factory=dict)
