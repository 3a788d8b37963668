"""What a route is given, and what it may answer with besides a message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec
from aiohttp import web

from core.api.bodies import json_reply
from core.api.context import ApiContext
from core.api.errors import MissingKeyError
from core.api.operations.idempotency import Idempotency
from core.api.operations.masks import MASK_HEADER, masked
from core.domain.accounts import Account

MessageT_co = TypeVar("MessageT_co", covariant=True)
QueryT_co = TypeVar("QueryT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer with another status than 200 or with headers of its own; no body where ``message`` is None."""

    message: msgspec.Struct | list[msgspec.Struct] | None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[MessageT_co, QueryT_co]):
    """A request that was read: its body and query as the operation's Structs, and whose it is.

    caller: the account of the key, None where there is none. shared_key: the id of the shared key that was sent
    instead; the caller is then its owner. once: the client's idempotency key, where the operation honours one.
    """

    request: web.Request
    context: ApiContext
    message: MessageT_co
    query: QueryT_co
    caller: Account | None = None
    shared_key: str | None = None
    once: Idempotency | None = None

    @property
    def account(self) -> Account:
        """Whose key it is; raises ``MissingKeyError`` where the operation needs none and none was sent."""
        if self.caller is None:
            raise MissingKeyError
        return self.caller

    def at(self, name: str) -> str:
        """Return a part of the path, decoded: ``{name}`` in the operation's path. A NUL in it is none any more."""
        return self.request.match_info[name].replace("\x00", "\ufffd")

    def header(self, name: str) -> str:
        """Return a header, stripped; empty where there is none."""
        return self.request.headers.get(name, "").strip()

    def respond(self, reply: Reply) -> web.Response:
        """Return the response, with only those fields that an ``X-Fields`` mask names."""
        if reply.message is None:
            return web.Response(status=reply.status, headers=dict(reply.headers))
        mask = self.request.headers.get(MASK_HEADER)
        if mask:
            body = masked(msgspec.to_builtins(reply.message), mask)
            return json_reply(body, status=reply.status, headers=reply.headers)
        return json_reply(reply.message, status=reply.status, headers=reply.headers)
