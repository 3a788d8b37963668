"""What is posted on a platform."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bots.platform.events import Author, Visibility

AI_LABEL = "AI generated"
"""The words that every post with a picture carries."""


class Target(StrEnum):
    """What an outbox row is for; a commission has at most one row a target.

    A NOTICE goes to `to` in private and answers no post; PARTY opens a thread in which PARTY_END says the last words;
    the last two take a post away again.
    """

    SHOWCASE = "showcase"
    REPLY = "reply"
    NOTICE = "notice"
    PARTY = "party"
    PARTY_END = "party_end"
    REMOVE_SHOWCASE = "remove_showcase"
    REMOVE_REPLY = "remove_reply"


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
    """What a post tells about the pictures in it, for platforms that show more than text.

    balance_mk: what the requester has now, None where others read the post too.
    """

    requester: str
    requester_id: str
    prompt: str
    style: str
    model: str
    price_mk: int
    balance_mk: int | None
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One outbox row as an adapter sees it; `idempotency_key` is the same at every attempt.

    `spoiler` is the content warning or None. `showcase_url` is the address of the same pictures' showcase
    post, once it is there. `to` is who is answered. `facts` is None on posts without pictures. `removes` is the post
    that a removal takes away; adapters see it as the argument of `delete` only. `nsfw`: its pictures are not safe for
    work. `thread_name`: a thread of that name is opened under it, and its remote id is the thread's; people will use
    it for `thread_hours`. `place`: it goes into that thread. `label` is empty where nothing in it was made by a model.
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
    nsfw: bool = False
    thread_name: str = ""
    thread_hours: int = 0
    place: str = ""
    label: str = AI_LABEL
