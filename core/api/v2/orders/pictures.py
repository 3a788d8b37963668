"""The pictures that an order brings: taken into the store before it is accepted; the draft carries their keys."""

from dataclasses import replace
from typing import Final

from msgspec import structs

from core.api.context import ApiContext
from core.api.sources import Source
from core.domain.errors import InvalidRequest
from core.domain.requests import RequestDraft
from core.wire import Rc
from core.wire.requests import ExtraSourceImage, GenerationInputStable

_GIVEN: Final = "given"
_SPARE_MS: Final = 3_600_000
_HEAD_BYTES: Final = 32
_ALPHA: Final = 0x10


def without_pictures(order: GenerationInputStable) -> GenerationInputStable:
    """Return the order with a word in place of each picture, so that all else is checked before one is fetched."""
    return structs.replace(
        order,
        source_image=order.source_image and _GIVEN,
        source_mask=order.source_mask and _GIVEN,
        extra_source_images=tuple(
            ExtraSourceImage(image=_GIVEN, strength=extra.strength) for extra in order.extra_source_images
        ),
    )


async def with_pictures(context: ApiContext, order: GenerationInputStable, draft: RequestDraft) -> RequestDraft:
    """Return the draft with the keys of the order's pictures, which are in the store now until the request's end.

    Raises:
        InvalidRequest: one is not taken, or an inpainting has neither a mask nor a transparent part.
    """
    extra = dict(draft.extra)
    if order.source_image:
        source = await take(context, order.source_image, "source_image")
        extra["source_image"] = source.key
        if order.source_processing == "inpainting" and not order.source_mask:
            await _check_transparency(context, source)
    if order.source_mask:
        extra["source_mask"] = (await take(context, order.source_mask, "source_mask", is_mask=True)).key
    if order.extra_source_images:
        extra["extra_source_images"] = [
            {"image": (await take(context, one.image, "extra_source_images")).key, "strength": one.strength}
            for one in order.extra_source_images
        ]
    return replace(draft, extra=extra)


async def take(context: ApiContext, given: str, field: str, *, is_mask: bool = False) -> Source:
    """Return the stored picture; raises what ``Sources.take`` raises."""
    expires_at_ms = context.clock.now_ms() + context.policy.request_lifetime_s * 1_000 + _SPARE_MS
    return await context.sources.take(given, expires_at_ms=expires_at_ms, field_name=field, is_mask=is_mask)


async def _check_transparency(context: ApiContext, source: Source) -> None:
    """Return if the picture has a transparent part, which stands for a mask."""
    if not has_alpha(await context.objects.get(source.key, length=_HEAD_BYTES)):
        message = (
            "The inpainting does not say what to paint: give source_mask, or a source_image that is transparent there."
        )
        raise InvalidRequest(message, field="source_mask", code=Rc.INPAINTING_MISSING_MASK)


def has_alpha(head: bytes) -> bool:
    """Tell by a WebP's first 32 bytes whether it has transparency."""
    match head[12:16]:
        case b"VP8X":
            return bool(head[20] & _ALPHA)
        case b"VP8L":
            return bool(head[24] & _ALPHA)
        case _:
            return False
