"""A source picture from what a client gave, an address or base64, to where the workers read it."""

import asyncio
import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Final

from core.api.sources.fetch import SourceFetcher
from core.api.sources.picture import as_webp, measure
from core.api.sources.refusals import not_base64, too_large, unreadable
from core.domain.errors import Unavailable
from core.ports.clock import Clock
from core.ports.keys import source_key
from core.ports.objects import ObjectStore

_ADDRESS: Final = re.compile(r"(?!data:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_SPACE: Final = str.maketrans("", "", " \t\r\n")
_AT_ONCE: Final = 16
_TURN_S: Final = 10.0
WEBP: Final = "image/webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source picture that is stored as WebP; the request carries the key, each pop gets an address for it."""

    key: str
    width_px: int
    height_px: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Takes source pictures. decoding: share the API's, so that all decoding together is bounded."""

    objects: ObjectStore
    clock: Clock
    fetcher: SourceFetcher = field(default_factory=SourceFetcher)
    decoding: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    fetching: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def take(
        self, given: str, *, expires_at_ms: int, field_name: str = "source_image", is_mask: bool = False
    ) -> Source:
        """Return the stored picture; it is deleted after ``expires_at_ms``, the end of the request.

        given: an https address, or base64 with or without ``data:image/...;base64,`` before it.
        field_name: where the client wrote it, for the refusal.

        Raises:
            SourceRefused: it is not taken, with v2's code for why.
            Unavailable: the store does not answer, or too many addresses are being fetched.
        """
        body = await self._fetched(given.strip(), field_name) if _ADDRESS.match(given.strip()) else None
        async with self.decoding:
            if body is None:
                body = await asyncio.to_thread(_from_base64, given, field_name, self.fetcher.bytes_max)
            measured = measure(body, field_name=field_name)
            made = await asyncio.to_thread(as_webp, body, measured, field_name=field_name, is_mask=is_mask)
        key = source_key()
        await self.objects.put(key, made.body, content_type=WEBP, expires_at_ms=expires_at_ms)
        return Source(key=key, width_px=made.width_px, height_px=made.height_px, size_bytes=len(made.body))

    def address(self, key: str, *, good_s: float) -> str:
        """Return an address under which a worker reads the picture for so long: at least as long as its lease."""
        return self.objects.presign_get(key, expires_at_ms=self.clock.now_ms() + int(good_s * 1000))

    async def for_worker(self, key: str, *, good_s: float) -> str:
        """Return what a v2 worker can read: the address if it is https, else the picture itself as base64.

        v2's workers take what does not say https for base64 (a horde on plain http, as at a local try-out).

        Raises:
            NotFound: the picture is gone, as it is when its request has ended.
        """
        address = self.address(key, good_s=good_s)
        if address.startswith("https://"):
            return address
        return base64.b64encode(await self.objects.get(key)).decode("ascii")

    async def _fetched(self, address: str, field_name: str) -> bytes:
        try:
            async with asyncio.timeout(_TURN_S):
                await self.fetching.acquire()
        except TimeoutError as exc:
            raise Unavailable(
                f"{_AT_ONCE} source pictures are being fetched already. Try again in a while, or give the picture "
                "itself as base64."
            ) from exc
        try:
            return await self.fetcher.fetch(address, field_name=field_name)
        finally:
            self.fetching.release()


def _from_base64(given: str, field_name: str, bytes_max: int) -> bytes:
    _, _, payload = given.rpartition("base64,") if given.lstrip()[:5].lower() == "data:" else ("", "", given)
    size_bytes = len(payload) * 3 // 4
    if size_bytes > bytes_max * 11 // 10:  # line breaks are not bytes of the picture
        raise too_large(field_name, size_bytes=size_bytes, bytes_max=bytes_max)
    text = payload.translate(_SPACE)
    try:
        body = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise not_base64(field_name) from exc
    if len(body) > bytes_max:
        raise too_large(field_name, size_bytes=len(body), bytes_max=bytes_max)
    if not body:
        raise unreadable(field_name, "it is empty")
    return body
