"""A receiver of webhooks on loopback with a certificate of its own authority."""

import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import trustme
from aiohttp import web

from core.api.hooks import WebhookPoster
from core.api.sources import AddressPolicy
from core.domain.calls.deliveries import Delivery, DeliveryState, Posted, WebhookPolicy
from core.ports.store import Transaction
from core.services.webhooks.send import settle_delivery, take_deliveries
from core.services.webhooks.write import write_deliveries
from tests.api.scene import Horde
from tests.api.sources.host import Names

NAME = "hooks.test"


@dataclass
class Heard:
    """One POST."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    def is_signed_with(self, secret: str) -> bool:
        at, *marks = self.headers["Horde-Signature"].split(",")
        signed = at.removeprefix("t=").encode() + b"." + self.raw
        mark = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return f"v1={mark}" in marks


@dataclass
class Receiver:
    """A running receiver. answers: what it says in turn, 200 afterwards."""

    port: int
    trust: ssl.SSLContext
    names: Names = field(default_factory=lambda: Names({NAME: [("127.0.0.1",)]}))
    answers: list[Callable[[web.Request], Awaitable[web.StreamResponse]] | web.Response] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)

    def url(self, path: str = "/hook", *, name: str = NAME) -> str:
        return f"https://{name}:{self.port}{path}"

    def poster(
        self, horde: Horde, *, allowed: tuple[str, ...] = ("127.0.0.1",), within_s: float = 5.0
    ) -> WebhookPoster:
        addresses = AddressPolicy(resolve=self.names.resolve, allows=lambda address: address in allowed)
        policy = WebhookPolicy(within_s=within_s)
        return WebhookPoster(context=horde.context, policy=policy, addresses=addresses, tls=self.trust)

    async def deliver(self, horde: Horde, **bounds: Any) -> list[Posted]:
        """Write and try whatever is due, once; returns how the tries ended."""
        now_ms = horde.clock.now_ms()
        await horde.uow.write(lambda tx: write_deliveries(tx, now_ms=now_ms))
        poster = self.poster(horde, **bounds)
        taken = await horde.uow.write(
            lambda tx: take_deliveries(tx, now_ms=now_ms, limit=32, full_hosts=(), a_host=32, policy=poster.policy)
        )
        found: list[Posted] = []
        for delivery in taken:
            posted = await poster.post(delivery)
            await horde.uow.write(partial(settle, delivery, posted, now_ms))
            found.append(posted)
        return found


def settle(delivery: Delivery, posted: Posted, now_ms: int, tx: Transaction) -> DeliveryState:
    return settle_delivery(tx, delivery, posted, now_ms=now_ms, draw=0.0, policy=WebhookPolicy())


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that runs for as long as the block."""
    authority = trustme.CA()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME, "127.0.0.1").configure_cert(serving)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    one = Receiver(port=0, trust=trust)

    async def hear(request: web.Request) -> web.StreamResponse:
        one.heard.append(Heard(request.path, dict(request.headers), await request.read()))
        answer = one.answers.pop(0) if one.answers else web.Response()
        return answer if isinstance(answer, web.StreamResponse) else await answer(request)

    app = web.Application(client_max_size=1 << 24)
    app.router.add_post("/{path:.*}", hear)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=serving)
    await site.start()
    one.port = runner.addresses[0][1]
    try:
        yield one
    finally:
        await runner.cleanup()
