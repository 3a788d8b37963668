"""The calls of API v2: each ends in what is certain about it. Nothing here is retried."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import aiohttp
import msgspec

from bots.horde.remote.access import RemoteAccess
from bots.horde.remote.words import Look, look_of
from core.domain.kinds.kind import Kind

_MIB: Final = 1 << 20
_REPLY_BYTES_MAX: Final = 64 * _MIB
_REASON_CHARS_MAX: Final = 500
_BUSY_S: Final = 1.0
_MEND_S: Final = 60.0
_ORDERS: Final[Mapping[Kind, str]] = {
    Kind.IMAGE: "/api/v2/generate/async",
    Kind.TEXT: "/api/v2/generate/text/async",
    Kind.ALCHEMY: "/api/v2/interrogate/async",
}
_STATUS: Final[Mapping[Kind, str]] = {
    Kind.IMAGE: "/api/v2/generate/status/",
    Kind.TEXT: "/api/v2/generate/text/status/",
    Kind.ALCHEMY: "/api/v2/interrogate/status/",
}
_CHECK: Final = "/api/v2/generate/check/"
_NOT_NOW: Final = frozenset(
    {"MaintenanceMode", "TimeoutIP", "TooManyNewIPs", "TooManyPrompts", "InvalidAPIKey", "SharedKeyEmpty"}
)
"""Refusals that are not the order's fault: it is sent again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The order is in the other horde's queue. kudos: its quote, None where it gives none."""

    remote_id: str
    kudos: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedDown:
    """The order is certainly not there, and never will be."""

    reason: str
    code: str
    is_forbidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNow:
    """The order is certainly not there; it can be sent again after so many seconds.

    is_down: nobody answered. is_refused: somebody did, but takes no orders of ours now (the key, a maintenance).
    """

    after_s: float
    reason: str
    is_down: bool = False
    is_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """Nobody knows whether the order is there."""

    reason: str


Ordered: TypeAlias = Taken | TurnedDown | NotNow | Uncertain


class RemoteDownError(Exception):
    """The other horde cannot be asked now; after_s: when it may be asked again, None where it does not say."""

    def __init__(self, reason: str, *, after_s: float | None = None) -> None:
        """Hold why."""
        super().__init__(reason)
        self.after_s = after_s


class RemoteGoneError(Exception):
    """The other horde does not know (any more) what it was asked for."""


@dataclass(slots=True)
class RemoteClient:
    """Speaks to one horde; `async with` holds its connections."""

    access: RemoteAccess
    _session: aiohttp.ClientSession | None = None
    _next_order_s: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __aenter__(self) -> "RemoteClient":
        """Open the connections."""
        headers = {"apikey": self.access.key, "Client-Agent": self.access.client_agent, "Accept": "application/json"}
        self._session = aiohttp.ClientSession(
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=self.access.call_s, sock_connect=min(10.0, self.access.call_s)),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def order(self, kind: Kind, body: Mapping[str, Any], *, key: str) -> Ordered:
        """Returns what is certain about this one attempt; waits before it as the limit of orders asks."""
        await self._pace()
        headers = {"Idempotency-Key": key} if self.access.honours_keys else {}
        try:
            status, told, after_s = await self._ask("POST", _ORDERS[kind], body=body, headers=headers)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            return NotNow(after_s=_BUSY_S, reason=_why(error), is_down=True)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Uncertain(reason=_why(error))
        return _ordered(status, told, after_s)

    async def look(self, kind: Kind, remote_id: str, *, whole: bool) -> Look:
        """Returns how far an order is; whole: with what is made. Raises RemoteGoneError, RemoteDownError."""
        path = _STATUS[kind] if whole or kind is not Kind.IMAGE else _CHECK
        return self._look(kind, await self._get(path + quote(remote_id, safe="")))

    async def cancel(self, kind: Kind, remote_id: str) -> Look:
        """No more is made of the order; returns what it came to. Raises RemoteGoneError, RemoteDownError."""
        return self._look(kind, await self._get(_STATUS[kind] + quote(remote_id, safe=""), method="DELETE"))

    async def account(self) -> Mapping[str, Any]:
        """Returns what the horde says of the key's account. Raises RemoteGoneError, RemoteDownError."""
        told = await self._get("/api/v2/find_user")
        if not isinstance(told, dict):
            raise RemoteDownError("what it says of the account cannot be read")
        return told

    async def served(self, kind: Kind) -> tuple[str, ...]:
        """Returns the models, for alchemy the forms, that someone serves there, what most serve first."""
        if kind is Kind.ALCHEMY:
            workers = await self._get("/api/v2/workers?type=interrogation")
            named = [form for one in _list(workers) if one.get("online", True) for form in one.get("forms") or ()]
            return tuple(sorted(set(map(str, named)), key=lambda name: (-named.count(name), name)))
        models = _list(await self._get(f"/api/v2/status/models?type={kind.value}"))
        there = [one for one in models if one.get("name") and int(one.get("count") or 0) > 0]
        return tuple(str(one["name"]) for one in sorted(there, key=lambda one: (-int(one["count"]), str(one["name"]))))

    async def heartbeat(self) -> None:
        """Returns if the horde answers at all. Raises RemoteDownError."""
        try:
            await self._get("/api/v2/status/heartbeat")
        except RemoteGoneError as error:
            raise RemoteDownError("no horde answers there: it knows no /api/v2/status/heartbeat") from error

    async def _pace(self) -> None:
        """Orders go out no faster than the limit."""
        if self.access.orders_per_s <= 0:
            return
        async with self._turn:
            loop = asyncio.get_running_loop()
            wait_s = self._next_order_s - loop.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            self._next_order_s = loop.time() + 1 / self.access.orders_per_s

    def _look(self, kind: Kind, told: object) -> Look:
        try:
            if isinstance(told, dict):
                return look_of(kind, told)
        except (ValueError, TypeError) as error:
            raise RemoteDownError(f"what it says of an order cannot be read: {error}") from error
        raise RemoteDownError("what it says of an order cannot be read")

    async def _get(self, path: str, *, method: str = "GET") -> object:
        try:
            status, told, after_s = await self._ask(method, path)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise RemoteDownError(_why(error)) from error
        if status == 404:
            raise RemoteGoneError(_sentence(told))
        if status == 429:
            raise RemoteDownError("it asks to be asked less often", after_s=after_s or _BUSY_S)
        if status in {401, 403}:
            raise RemoteDownError(f"it refuses the key: {_sentence(told)}", after_s=_MEND_S)
        if status != 200:
            raise RemoteDownError(f"it answers {status}: {_sentence(told)}", after_s=after_s)
        return told

    async def _ask(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, object, float | None]:
        if self._session is None:
            message = "the client is not open"
            raise RuntimeError(message)
        data = None if body is None else msgspec.json.encode(body)
        sent = {**(headers or {}), **({"Content-Type": "application/json"} if data is not None else {})}
        # A redirect is not followed: the key would go along to wherever it leads.
        async with self._session.request(
            method, self.access.url + path, data=data, headers=sent, allow_redirects=False
        ) as answer:
            text = await _bounded(answer)
            try:
                told: object = msgspec.json.decode(text) if text else None
            except msgspec.DecodeError:
                if answer.status == 200:
                    raise ValueError("what it answers is no JSON") from None
                told = None
            return answer.status, told, _after(answer.headers.get("Retry-After"))


def _ordered(status: int, told: object, after_s: float | None) -> Ordered:
    said = told if isinstance(told, dict) else {}
    code = str(said.get("rc") or "")
    if status in {200, 202}:
        remote_id, kudos = said.get("id"), said.get("kudos")
        if not isinstance(remote_id, str) or not remote_id:
            return Uncertain(reason=f"it answers {status} without an id")
        return Taken(remote_id=remote_id, kudos=float(kudos) if isinstance(kudos, int | float) else None)
    if status == 429:
        return NotNow(after_s=after_s or _BUSY_S, reason=_sentence(told))
    if status == 401 or code in _NOT_NOW or 300 <= status < 400:
        return NotNow(after_s=after_s or _MEND_S, reason=f"it answers {status}: {_sentence(told)}", is_refused=True)
    if status in {408, 409, 425} or status >= 500:
        return Uncertain(reason=f"it answers {status}")
    return TurnedDown(reason=_sentence(told), code=code or "BadRequest", is_forbidden=status == 403)


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > _REPLY_BYTES_MAX:
            message = f"it answers with more than {_REPLY_BYTES_MAX // _MIB} MiB"
            raise ValueError(message)
    return bytes(body)


def _after(text: str | None) -> float | None:
    return min(float(text), 3_600.0) if text and text.isascii() and text.isdigit() else None


def _sentence(told: object) -> str:
    """Returns what the horde says, as one line: its message, and what it says of single fields."""
    if not isinstance(told, dict):
        return "it does not say why"
    errors = told.get("errors")
    fields = [f"{name}: {why}" for name, why in errors.items()] if isinstance(errors, dict) else []
    text = " ".join("; ".join([str(told.get("message") or ""), *fields]).split())
    return "".join(c for c in text if c.isprintable())[:_REASON_CHARS_MAX].strip("; ") or "it does not say why"


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLError):
        return "its certificate is not valid"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"it cannot be reached ({error.os_error.strerror or 'no such host'})"
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError):
        return "it dropped the connection"
    return str(error) or type(error).__name__


def _list(told: object) -> list[Mapping[str, Any]]:
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
