"""The bots' rows as values: what the rest of the bots sees of the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bots.platform import PlatformEvent, Post, Target, Visibility
from core.domain.kinds.kind import Kind


class InboxState(StrEnum):
    """Whether the desk has dealt with an event."""

    NEW = "new"
    READ = "read"


class CommissionState(StrEnum):
    """Where a summons is on its way.

    NEW -> ACCEPTED -> FINISHED -> ANSWERED is the good way. REFUSED (said no at the desk), FAILED (the horde could
    not make it) and TOLD (a command that was answered) also have a reply in the outbox; CANCELLED was withdrawn by
    its author, IGNORED was not meant for us.
    """

    NEW = "new"
    ACCEPTED = "accepted"
    FINISHED = "finished"
    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"
    TOLD = "told"
    CANCELLED = "cancelled"
    IGNORED = "ignored"


class OutboxState(StrEnum):
    """Where a post is on its way; UNKNOWN posts are looked for on the platform before anything is sent again."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """A stored event; `id` is also the id of the commission it opened."""

    id: str
    event: PlatformEvent
    received_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """The durable life of one summons.

    source: the picture that it works on, as the desk keeps it. notes: what of the order was cut or left out, in words.
    told_chars: how much of a text its author was told.
    """

    id: str
    platform: str
    state: CommissionState
    author_id: str
    author_name: str
    remote_id: str
    visibility: Visibility
    place: str = ""
    account_id: int | None = None
    request_id: str | None = None
    prompt: str = ""
    order_text: str = ""
    style: str = ""
    style_version: str = ""
    private: bool = False
    spoiler: bool = False
    nsfw: bool = False
    kind: Kind = Kind.IMAGE
    source: str = ""
    notes: str = ""
    told_chars: int = 0
    price_mk: int = 0
    balance_mk: int = 0
    created_at_ms: int
    changed_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A post that must happen exactly once, with all that is known about its delivery.

    A row with `waits_for` is not sent before that row is SENT or DEAD, or `waits_until_ms` has passed.
    `absent_at_ms` is when the platform first said that it does not have the post.
    """

    id: str
    commission_id: str
    platform: str
    target: Target
    state: OutboxState
    attempts: int
    next_at_ms: int
    waits_for: str | None
    waits_until_ms: int | None
    unknown_since_ms: int | None
    absent_at_ms: int | None
    remote_id: str | None
    remote_url: str | None
    reason: str
    post: Post
    created_at_ms: int
