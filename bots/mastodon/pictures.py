"""Pictures as the server takes them: within its limits of bytes, pixels and kinds; what does not fit is linked."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bots.mastodon.client import NotReady, SaidNo
from bots.mastodon.entities import Instance
from bots.mastodon.server import Server
from bots.platform import Picture
from bots.replies import shown
from core.ports.objects import ObjectStore

UNFIT: Final = frozenset({400, 413, 415, 422})
"""What servers answer to a picture they do not take: too large, of a kind they do not know, broken."""
QUALITY: Final = 90
SMALLER: Final = 0.8
TRIES_MAX: Final = 12
FORMATS: Final = {"image/webp": "WEBP", "image/jpeg": "JPEG", "image/png": "PNG"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What came of a post's pictures: those on the server, and the addresses of the others."""

    media_ids: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


async def attach(pictures: Sequence[Picture], *, server: Server, objects: ObjectStore, instance: Instance) -> Attached:
    """Returns the pictures as parts of a post; one that is never posted is thrown away by the server.

    Raises what the server's calls do, but for pictures that it does not take; and NotFound, Unavailable of the store.
    """
    sent = await asyncio.gather(
        *(
            _upload(one, server=server, objects=objects, instance=instance)
            for one in pictures[: max(instance.media_max, 0)]
        )
    )
    unsent = [one.url for one, media_id in zip(pictures, sent, strict=False) if media_id is None]
    unsent += [one.url for one in pictures[len(sent) :]]
    return Attached(media_ids=tuple(one for one in sent if one is not None), links=tuple(unsent))


async def _upload(picture: Picture, *, server: Server, objects: ObjectStore, instance: Instance) -> str | None:
    body, kind = await objects.get(picture.key), picture.content_type
    if not fits(body, content_type=kind, pixels=picture.width_px * picture.height_px, instance=instance):
        smaller = await asyncio.to_thread(made_to_fit, body, instance=instance)
        if smaller is None:
            return None
        body, kind = smaller
    alt_text = shown(picture.alt_text, chars_max=instance.alt_text_chars_max)
    try:
        return await server.upload(body, content_type=kind, alt_text=alt_text)
    except SaidNo as error:
        if error.code not in UNFIT:
            raise
    except NotReady:
        pass
    return None


def fits(body: bytes, *, content_type: str, pixels: int, instance: Instance) -> bool:
    """Tells whether the server takes the picture as it is."""
    is_known = not instance.kinds or content_type in instance.kinds
    return is_known and len(body) <= instance.image_bytes_max and pixels <= instance.image_pixels_max


def made_to_fit(body: bytes, *, instance: Instance) -> tuple[bytes, str] | None:
    """Returns the picture made small enough and its kind, None where that cannot be done."""
    from PIL import Image, UnidentifiedImageError

    kind = next((one for one in FORMATS if not instance.kinds or one in instance.kinds), None)
    if kind is None:
        return None
    try:
        with Image.open(io.BytesIO(body)) as opened:
            picture = opened.convert("RGB" if kind == "image/jpeg" else "RGBA" if opened.mode in "PA" else "RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
    scale = min(1.0, (instance.image_pixels_max / (picture.width * picture.height)) ** 0.5)
    for _ in range(TRIES_MAX):
        # Rounded down: a picture of one pixel too many would be refused.
        size = (max(int(picture.width * scale), 1), max(int(picture.height * scale), 1))
        written = io.BytesIO()
        picture.resize(size, Image.Resampling.LANCZOS).save(written, FORMATS[kind], quality=QUALITY)
        if len(written.getvalue()) <= instance.image_bytes_max:
            return written.getvalue(), kind
        scale *= SMALLER
    return None
