"""The settings of another horde that the bots ask, and the parts that they come to."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from core.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from bots.horde.remote import Checked, RemoteAccess, RemoteHorde, RemoteWork
    from bots.horde.sources import SourcePictures
    from core.api.sources import SourceFetcher
    from core.domain.policy import QueuePolicy
    from core.ports.clock import Clock
    from core.ports.objects import ObjectStore
    from core.ports.screening import Screening
    from core.ports.store import UnitOfWork

PICTURE_BYTES_MAX: Final = 20 << 20


class HordeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Another horde that the bots ask instead of the engine (bots/README.md); none without `url`."""

    url: Annotated[str, Meta(pattern=r"^$|^https?://[^/\s@]+$", examples=["https://aihorde.net"])] = ""
    key: Annotated[str, Meta(pattern=r"^[!-~]*$", examples=["the API key of the bots' own account there"])] = ""
    contact: Annotated[str, Meta(pattern=r"^[^\r\n]*$", max_length=200, examples=["https://horde.example.org"])] = ""
    honours_keys: Annotated[bool, Meta(examples=[False])] = False
    local_pictures: Annotated[bool, Meta(examples=[False])] = False
    orders_per_s: Annotated[float, Meta(ge=0, le=1_000, examples=[2.0])] = 2.0
    call_s: Annotated[float, Meta(ge=1, le=300, examples=[30.0])] = 30.0
    read_lag_s: Annotated[float, Meta(ge=0, le=3_600, examples=[35.0])] = 35.0
    give_up_s: Annotated[int, Meta(ge=600, le=604_800, examples=[86_400])] = 86_400


def missing_for_horde(settings: HordeSettings) -> Iterator[str]:
    """Yield what is needed besides what is given."""
    if settings.url and not settings.key:
        yield (
            "horde.key: is needed with horde.url: the API key of an account there that only these bots use. "
            "Best set it as HORDE_HORDE_KEY."
        )
    if settings.key and not settings.url:
        yield "horde.url: is needed with horde.key. An example: 'https://aihorde.net'."


def access_of(settings: HordeSettings, *, version: str) -> RemoteAccess:
    """Return how the other horde is called."""
    from bots.horde.remote import RemoteAccess

    return RemoteAccess(
        url=settings.url,
        key=settings.key,
        client_agent=f"horde-suite-bots:{version}:{settings.contact or 'unknown'}",
        honours_keys=settings.honours_keys,
        read_lag_s=settings.read_lag_s,
        call_s=settings.call_s,
        orders_per_s=settings.orders_per_s,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPictures:
    """Fetches what the other horde made, by the API's guarded fetcher, and decodes it whole.

    is_local: its pictures may lie on plain http and in private networks, as those of a horde of one's own do.
    """

    fetcher: SourceFetcher
    is_local: bool = False
    decoding: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    async def fetch(self, address: str) -> bytes:
        """Return the bytes at the address. Raises InvalidRequest for what is not taken."""
        if self.is_local:
            return await _plainly(address)
        return await self.fetcher.fetch(address, field_name="img")

    async def check(self, body: bytes) -> Checked:
        """Return the picture as WebP. Raises InvalidRequest for what is none, or too large a one."""
        async with self.decoding:
            return await asyncio.to_thread(_checked, body)


def _checked(body: bytes) -> Checked:
    from bots.horde.remote import Checked
    from core.api.pictures import HEAD_BYTES, BrokenPictureError, decode_whole, from_base64, read_head

    try:
        webp = from_base64(base64.b64encode(body).decode("ascii"), bytes_max=PICTURE_BYTES_MAX)
        head = read_head(webp[:HEAD_BYTES])
        decode_whole(webp, head)
    except BrokenPictureError as error:
        message = f"What the other horde made is no picture that can be taken: {error}."
        raise InvalidRequest(message, field="img") from error
    return Checked(body=webp, content_type="image/webp", width_px=head.width_px, height_px=head.height_px)


async def _plainly(address: str) -> bytes:
    import aiohttp

    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
            session.get(address, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                message = f"The picture's host answers {answer.status}."
                raise InvalidRequest(message, field="img")
            body = bytearray()
            async for chunk in answer.content.iter_chunked(1 << 16):
                body += chunk
                if len(body) > PICTURE_BYTES_MAX:
                    message = f"The picture has more than the {PICTURE_BYTES_MAX} bytes that are taken."
                    raise InvalidRequest(message, field="img", limit=PICTURE_BYTES_MAX)
            return bytes(body)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        message = "The picture's host cannot be reached."
        raise InvalidRequest(message, field="img") from error


def remote_horde(
    settings: HordeSettings,
    *,
    version: str,
    uow: UnitOfWork,
    clock: Clock,
    policy: QueuePolicy,
    screening: Screening,
    objects: ObjectStore,
    sources: SourcePictures,
    secret: bytes,
) -> tuple[RemoteHorde, RemoteWork]:
    """Return the horde as the desk asks it, and what does the calls; nothing is called yet."""
    from bots.horde.remote import Offers, RemoteHorde, RemoteWork
    from core.api.sources import SourceFetcher

    access, offers = access_of(settings, version=version), Offers()
    work = RemoteWork(
        access=access,
        uow=uow,
        clock=clock,
        objects=objects,
        pictures=FetchedPictures(
            fetcher=SourceFetcher(bytes_max=PICTURE_BYTES_MAX, within_s=30.0), is_local=settings.local_pictures
        ),
        secret=secret,
        offers=offers,
        kept_s=policy.requests_kept_s,
    )
    horde = RemoteHorde(
        access=access,
        offers=offers,
        policy=policy,
        screening=screening,
        objects=objects,
        sources=sources,
        lifetime_s=settings.give_up_s,
        on_order=work.hint,
    )
    return horde, work
