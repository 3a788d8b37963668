"""Takes a delivery to its address: https only, to checked addresses only, signed, within a time."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from yarl import URL

from core.api.context import ApiContext
from core.api.hooks.bodies import body_of
from core.api.sources import AddressPolicy
from core.api.sources.addresses import PinnedResolver
from core.domain.calls.deliveries import Delivery, Posted, WebhookPolicy
from core.domain.ids import ANONYMOUS
from core.services.webhooks.secret import secrets_of, signature_of

HOPS_MAX: Final = 3
GONE: Final = 410
_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_WHY_CHARS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPoster:
    """Posts deliveries. addresses and tls are given by tests; the defaults are for the public Internet."""

    context: ApiContext
    policy: WebhookPolicy = field(default_factory=WebhookPolicy)
    addresses: AddressPolicy = field(default_factory=AddressPolicy)
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    async def post(self, delivery: Delivery) -> Posted:
        """Return how the one try ended: 2xx is a delivery. A private address, or 410, ends the tries."""
        body = await body_of(self.context, delivery)
        if body is None:
            return Posted(delivered=False, why="what it is about was forgotten", final=True)
        headers = await self._headers(delivery, body)
        try:
            async with asyncio.timeout(self.policy.within_s):
                return await self._follow(URL(delivery.url), body, headers)
        except TimeoutError:
            return Posted(delivered=False, why=f"no answer within {self.policy.within_s:g} s")
        except PermissionError:
            return Posted(delivered=False, why="it leads to an address that is not public", final=True)
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            return Posted(delivered=False, why=type(exc).__name__)

    async def _headers(self, delivery: Delivery, body: bytes) -> Mapping[str, str]:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"Horde/{self.context.version}",
            "Horde-Delivery": delivery.id,
            "Horde-Event": delivery.event.value,
            "Horde-Try": str(delivery.tries),
        }
        if delivery.account_id == ANONYMOUS:
            return headers  # everyone's secret proves nothing
        now_ms = self.context.clock.now_ms()
        secret = await self.context.uow.read(lambda tx: tx.webhooks.secret(delivery.account_id))
        secrets = secrets_of(self.context.secret, delivery.account_id, secret, now_ms=now_ms, policy=self.policy)
        return headers | {"Horde-Signature": signature_of(secrets, body, at_s=now_ms // 1_000)}

    async def _follow(self, url: URL, body: bytes, headers: Mapping[str, str]) -> Posted:
        for _ in range(HOPS_MAX + 1):
            if url.scheme != "https" or not url.raw_host or url.raw_user is not None:
                return Posted(delivered=False, why="it leads to what is no https address")
            addresses = await self.addresses.addresses_of(url.raw_host, url.port or 443)
            answer = await self._ask(url, addresses, body, headers)
            if isinstance(answer, Posted):
                return answer
            url = url.join(URL(answer))
        return Posted(delivered=False, why=f"it redirects more than {HOPS_MAX} times")

    async def _ask(self, url: URL, addresses: Sequence[str], body: bytes, headers: Mapping[str, str]) -> Posted | str:
        """Return how it ended, or where it redirects to. Each hop has a connection of its own, to these addresses."""
        connector = aiohttp.TCPConnector(
            resolver=PinnedResolver(addresses), use_dns_cache=False, ssl=self.tls, limit=1, force_close=True
        )
        async with (
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
            ) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status in _REDIRECTS and answer.headers.get("Location"):
                return answer.headers["Location"]
            if 200 <= answer.status < 300:
                return Posted(delivered=True, status=answer.status)
            why = (answer.reason or "")[:_WHY_CHARS_MAX]
            return Posted(delivered=False, status=answer.status, why=why, final=answer.status == GONE)
