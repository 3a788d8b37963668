"""A store tried out for real, for `horde doctor`: a probe goes the way of a picture, and each step is told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from secrets import token_hex
from typing import Final

import aiohttp

from cdn.s3.objects import S3Objects
from core.domain.errors import HordeError
from core.ports.keys import PICTURES, UPLOADS

_PROBE: Final = b"horde doctor was here"
_TYPE: Final = "text/plain"
_ORIGIN: Final = "https://browser.example"
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One step. ``next_step`` is empty where it works."""

    what: str
    told: str
    next_step: str = ""


async def try_out(objects: S3Objects, *, now_ms: int) -> AsyncIterator[Tried]:
    """Yield one finding a step, and delete what was stored for it; the first step that is refused is the last."""
    upload, picture = f"{UPLOADS}probe-{token_hex(8)}", f"{PICTURES}probe-{token_hex(8)}.txt"
    timeout = aiohttp.ClientTimeout(total=15, connect=5)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            yield await _signed_upload(objects, session, upload, now_ms)
            yield await _inside(objects, upload, picture)
            yield await _outside(objects, session, picture)
            yield await _privacy(objects, session, upload)
        for key in (upload, picture):
            await objects.delete(key)
        yield Tried(what="lifecycle", told=await objects.lifecycle())
    except HordeError as error:
        yield Tried(what="bucket", told="does not work", next_step=str(error))


async def _signed_upload(objects: S3Objects, session: aiohttp.ClientSession, key: str, now_ms: int) -> Tried:
    await objects.put(key, b"first", content_type=_TYPE)  # says by boto3's errors what a bare status would not
    address = objects.presign_put(key, content_type=_TYPE, bytes_max=100, expires_at_ms=now_ms + _MINUTE_MS)
    status, _ = await _ask(session, "PUT", address, data=_PROBE, headers={"Content-Type": _TYPE})
    if status == 200 and await objects.get(key) == _PROBE:
        return Tried(what="uploads", told=f"workers can upload to {objects.place.uploads_bucket} by a signed address")
    step = "Correct objects.endpoint: workers must reach it as this machine does. Set this machine's clock"
    return Tried(what="uploads", told=f"a signed upload is answered with {status or 'nothing'}", next_step=step)


async def _inside(objects: S3Objects, upload: str, picture: str) -> Tried:
    await objects.put(picture, b"first", content_type=_TYPE)
    await objects.copy(upload, picture, content_type=_TYPE)
    part = await objects.get(picture, start=6, length=6)
    if part == _PROBE[6:12]:
        return Tried(what="pictures", told=f"stored, copied to {objects.place.bucket} and read in part")
    return Tried(what="pictures", told="a part of a copy is not what was stored", next_step="Use another S3 service")


async def _outside(objects: S3Objects, session: aiohttp.ClientSession, picture: str) -> Tried:
    address = objects.public_url(picture)
    status, headers = await _ask(session, "GET", address, headers={"Origin": _ORIGIN})
    where = objects.place.public_url or "a signed address"
    if status != 200:
        step = (
            f"Let everyone read the bucket {objects.place.bucket} at {where} (R2: connect a domain to it), correct "
            "objects.public_url, or leave that empty: pictures are then read by signed addresses"
        )
        return Tried(what="reading", told=f"{where} answers {status or 'nothing'}", next_step=step)
    told = f"everyone can read pictures at {where}"
    if "Access-Control-Allow-Origin" not in headers:
        told += "; no CORS rule, so pages of other hosts can show but not load them (cdn/README.md)"
    return Tried(what="reading", told=told)


async def _privacy(objects: S3Objects, session: aiohttp.ClientSession, upload: str) -> Tried:
    place = objects.place
    unsigned = objects.presign_get(upload, expires_at_ms=0).partition("?")[0]
    addresses = [unsigned]
    if place.public_url:
        addresses.append(f"{place.public_url.rstrip('/')}/{place.full(upload)}")
    for address in addresses:
        status, _ = await _ask(session, "GET", address)
        if status == 200:
            step = "Set objects.private_bucket to a bucket that nobody can read unsigned"
            told = f"anyone can read fresh, unchecked uploads of {place.uploads_bucket}"
            return Tried(what="privacy", told=told, next_step=step)
    return Tried(what="privacy", told="nobody can read an upload unsigned")


async def _ask(
    session: aiohttp.ClientSession,
    method: str,
    address: str,
    *,
    data: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str]]:
    """Return status and headers; status 0 where there is no answer."""
    from yarl import URL

    try:
        async with session.request(method, URL(address, encoded=True), data=data, headers=headers) as answer:
            return answer.status, dict(answer.headers)
    except (aiohttp.ClientError, TimeoutError, OSError):
        return 0, {}
