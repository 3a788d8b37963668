"""Fetches a stranger's picture: https only, to checked addresses only, with a bound on hops, bytes and time."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from yarl import URL

from core.api.sources.addresses import AddressPolicy, PinnedResolver
from core.api.sources.refusals import bad_address, too_large

MIB: Final = 1 << 20
_URL_CHARS_MAX: Final = 2048
_CHUNK_BYTES: Final = 1 << 16
_HEADERS: Final = {"Accept": "image/*", "Accept-Encoding": "identity"}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFetcher:
    """The bounds of fetching. policy and tls are given by tests; the defaults are for the public Internet."""

    policy: AddressPolicy = field(default_factory=AddressPolicy)
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    bytes_max: int = 5 * MIB
    hops_max: int = 3
    within_s: float = 10.0
    connect_s: float = 3.0

    async def fetch(self, address: str, *, field_name: str) -> bytes:
        """Return the bytes at the address; what they are is for others to find out.

        Raises:
            SourceRefused: the address, one that it redirects to, or what is there is not taken.
        """
        try:
            async with asyncio.timeout(self.within_s):
                return await self._follow(address, field_name)
        except TimeoutError as exc:
            raise bad_address(field_name, f"it has not given the picture within {self.within_s:g} s") from exc
        except aiohttp.ClientConnectorCertificateError as exc:
            raise bad_address(field_name, "the certificate of its host is not valid") from exc
        except aiohttp.ClientSSLError as exc:
            raise bad_address(field_name, "its host speaks no TLS that we trust") from exc
        except (aiohttp.ClientError, OSError) as exc:
            raise bad_address(field_name, "its host cannot be reached") from exc

    async def _follow(self, address: str, field_name: str) -> bytes:
        url = _https(address, field_name)
        for _ in range(self.hops_max + 1):
            found = await self._ask(url, await self._checked(url, field_name), field_name)
            if isinstance(found, bytes):
                return found
            url = _https(str(found), field_name)
        raise bad_address(field_name, f"it redirects more than {self.hops_max} times")

    async def _checked(self, url: URL, field_name: str) -> Sequence[str]:
        host = url.raw_host or ""
        try:
            return await self.policy.addresses_of(host, url.port or 443)
        except PermissionError as exc:
            raise bad_address(field_name, "it leads to an address that is not public") from exc
        except (OSError, UnicodeError) as exc:
            raise bad_address(field_name, "there is no such host") from exc

    async def _ask(self, url: URL, addresses: Sequence[str], field_name: str) -> bytes | URL:
        """Return the body, or where it redirects to. Each hop has a connection of its own, to these addresses."""
        connector = aiohttp.TCPConnector(
            resolver=PinnedResolver(addresses), use_dns_cache=False, ssl=self.tls, limit=1, force_close=True
        )
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # a few bytes must not become many
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=self.within_s, connect=self.connect_s),
            ) as session,
            session.get(
                url, allow_redirects=False, headers={"Accept": "image/*", "Accept-Encoding": "identity"}
            ) as answer,
        ):
            if answer.status in _REDIRECTS:
                return _joined(url, answer.headers.get("Location", ""), field_name)
            if answer.status != 200:
                raise bad_address(field_name, f"its host answers {answer.status}")
            return await self._body(answer, field_name)

    async def _body(self, answer: aiohttp.ClientResponse, field_name: str) -> bytes:
        if (answer.content_length or 0) > self.bytes_max:
            raise too_large(field_name, size_bytes=answer.content_length or 0, bytes_max=self.bytes_max)
        body = bytearray()
        async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
            body += chunk
            if len(body) > self.bytes_max:
                raise too_large(field_name, size_bytes=len(body), bytes_max=self.bytes_max)
        return bytes(body)


def _https(address: str, field_name: str) -> URL:
    """Return the address if it is one that we go to at all."""
    if len(address) > _URL_CHARS_MAX:
        raise bad_address(field_name, f"it is longer than {_URL_CHARS_MAX} characters")
    try:
        url = URL(address)
        is_usable = url.scheme == "https" and bool(url.raw_host) and url.port is not None
    except ValueError as exc:
        raise bad_address(field_name, "it is no address") from exc
    if url.scheme == "http":
        raise bad_address(field_name, "it is http")
    if not is_usable:
        raise bad_address(field_name, "it is no https address")
    if url.raw_user is not None or url.raw_password is not None:
        raise bad_address(field_name, "it holds a user name or a password")
    return url.with_fragment(None)


def _joined(url: URL, location: str, field_name: str) -> URL:
    try:
        return url.join(URL(location))
    except ValueError as exc:
        raise bad_address(field_name, "it redirects to what is no address") from exc
