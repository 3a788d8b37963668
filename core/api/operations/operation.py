"""A route as a value: decoding, keys, limits and both descriptions of the API come from one table of these."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec
from aiohttp import web

from core.api.limits import limit
from core.api.operations.call import Call, Reply
from core.wire import Rc


class Caller(StrEnum):
    """Who may call."""

    ANYBODY = "anybody"
    """No key is looked at."""
    PERHAPS_KNOWN = "perhaps known"
    """A key is not needed, but a wrong one is refused."""
    ACCOUNT = "account"
    MODERATOR = "moderator"


class Tag(StrEnum):
    """The chapters of the reference."""

    IMAGE = "image"
    TEXT = "text"
    ALCHEMY = "alchemy"
    EVENTS = "events"
    USERS = "users"
    SHARED_KEYS = "shared keys"
    KUDOS = "kudos"
    WORKERS = "workers"
    TEAMS = "teams"
    STYLES = "styles"
    COLLECTIONS = "collections"
    STATUS = "status"
    STATS = "stats"
    DOCUMENTS = "documents"
    FILTERS = "filters"
    OPERATIONS = "operations"
    WEBHOOKS = "webhooks"
    OPENAI = "OpenAI door"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A reply that is no JSON message. content_type: as it is sent; about: what it is; messages: what it is made of."""

    content_type: str
    about: str
    messages: tuple[type[msgspec.Struct], ...] = ()


ReplyType: TypeAlias = Any
"""A Struct's class, ``list[Struct]``, a ``Media``, or None for no body."""
Answer: TypeAlias = msgspec.Struct | list[Any] | Reply | web.StreamResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method on one path.

    id: operationId, v2's own where v2 has the route. handler: gets the decoded call; what it returns is sent with 200
    unless it says otherwise. replies: status -> what a success sends. refusals: status -> the codes that this operation
    has besides those that follow from the other fields. body, query: the Structs that are decoded; at, headers: Structs
    that describe the path's names and our headers (they are handed over as text). pictures: the body may hold base64.
    streamed: what a success sends instead where the caller asks for a stream.
    idempotent: ``Idempotency-Key`` is honoured. shared_keys: a shared key may stand in for an account's.
    limits: how often it may be called. often: it is called so often that who calls may be known for a moment already.
    ours: public AI Horde has no such route.
    """

    method: str
    path: str
    id: str
    tag: Tag
    summary: str
    handler: Callable[[Call[Any, Any]], Awaitable[Answer]]
    replies: Mapping[int, ReplyType]
    refusals: Mapping[int, tuple[Rc, ...]] = field(default_factory=dict)
    streamed: Media | None = None
    caller: Caller = Caller.ANYBODY
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    at: type[msgspec.Struct] | None = None
    headers: type[msgspec.Struct] | None = None
    limits: tuple[limit.Limit, ...] = limit.DEFAULT
    pictures: bool = False
    idempotent: bool = False
    shared_keys: bool = False
    often: bool = False
    ours: bool = False


Operations: TypeAlias = tuple[Operation, ...]
