"""The check of a worker's picture before ``complete``: what was checked is published, whatever is uploaded after.

The upload is first copied, on the store's side, to the key that will be published, which nobody knows yet, and the copy
is what is checked: a worker that swaps its upload meanwhile changes nothing. A copy that is not taken is deleted. A
picture that comes as base64 in the submit is checked as it is and only then stored.
"""

import asyncio
import random
from dataclasses import dataclass

import msgspec

from core.api.context import ApiContext
from core.api.pictures import HEAD_BYTES, BrokenPictureError, PictureHead, decode_whole, from_base64, read_head
from core.domain.errors import InvalidRequest, NotFound
from core.domain.jobs import LeaseView
from core.domain.kinds.kind import Kind
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.ports.keys import picture_key, sidecar_key, upload_key
from core.ports.objects import NewObject, ObjectHead
from core.ports.points import Edge, Step, reached
from core.wire import Rc

WEBP = "image/webp"
UPLOADED = "R2"
_JSON = "application/json"
_ENLARGED = (1, 2, 4)
_RIFF_IN_BASE64 = "UklGR"
_SMALL_CHARS = 1 << 16
"""So much base64 is decoded sooner than a thread is begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPicture:
    """A picture that is good and already under the key it will be published with."""

    key: str
    width_px: int
    height_px: int


class PictureRefused(InvalidRequest):
    """The worker's picture is broken, or is not what the job asks for."""

    code = Rc.IMAGE_VALIDATION_FAILED


async def take(context: ApiContext, view: LeaseView, *, generation: str, censored: bool) -> CheckedPicture:
    """Return the checked picture of this lease, published under a fresh key with its sidecar beside it.

    Raises:
        PictureRefused: it is missing, broken or of another size; nothing is left under the published key.
    """
    try:
        if generation != UPLOADED:
            return await _check_inline(context, view, generation, censored=censored)
        return await _copy_and_check(context, view, _upload_key(context, view), censored=censored)
    except BrokenPictureError as exc:
        raise PictureRefused(
            f"The picture of job {view.job_id} is refused: {exc}. The job goes back to the queue. "
            f'Make it again as a WebP{_size_of(view)}, upload it whole, and hand it in as "R2".',
            field="generation",
        ) from exc


async def withdraw(context: ApiContext, picture: CheckedPicture) -> None:
    """Delete a picture that was checked but whose job was not completed with it."""
    await context.objects.delete(picture.key)
    await context.objects.delete(sidecar_key(picture.key))


async def forget(context: ApiContext, view: LeaseView, *, generation: str) -> None:
    """Delete the upload of a lease whose picture was taken."""
    if generation == UPLOADED:
        await context.objects.delete(_upload_key(context, view))


async def _check_inline(context: ApiContext, view: LeaseView, generation: str, *, censored: bool) -> CheckedPicture:
    """Publish the picture that came as base64 in the submit."""
    if len(generation) <= _SMALL_CHARS and generation.startswith(_RIFF_IN_BASE64):
        body = from_base64(generation, bytes_max=context.upload_bytes_max)
    else:
        async with context.decoding:
            body = await asyncio.to_thread(from_base64, generation, bytes_max=context.upload_bytes_max)
    reached(Step.OBJECT_CHECK, Edge.BEFORE)
    head = read_head(body[:HEAD_BYTES])
    _check_head(context, view, head, size_bytes=len(body), censored=censored)
    if _is_decoded(context, view):
        await _decode(context, body, head)
    reached(Step.OBJECT_CHECK, Edge.AFTER)
    target = picture_key(context.clock.now_ms())
    try:
        picture = CheckedPicture(key=target, width_px=head.width_px, height_px=head.height_px)
        beside = NewObject(key=sidecar_key(target), body=_sidecar(view, picture), content_type=_JSON)
        await context.objects.put_all((NewObject(key=target, body=body, content_type=WEBP), beside))
    except BaseException:
        await context.objects.delete(target)
        raise
    return picture


async def _copy_and_check(context: ApiContext, view: LeaseView, source: str, *, censored: bool) -> CheckedPicture:
    target = picture_key(context.clock.now_ms())
    reached(Step.OBJECT_COPY, Edge.BEFORE)
    try:
        copied = await context.objects.copy(source, target, content_type=WEBP)
    except NotFound as exc:
        raise BrokenPictureError("nothing was uploaded for it, or the upload has expired") from exc
    reached(Step.OBJECT_COPY, Edge.AFTER)
    try:
        reached(Step.OBJECT_CHECK, Edge.BEFORE)
        if copied.size_bytes > context.upload_bytes_max:
            await context.objects.delete(source)  # a bucket takes any size: it is not left lying there
        head = await _check(context, view, copied, censored=censored)
        reached(Step.OBJECT_CHECK, Edge.AFTER)
        return await _with_sidecar(context, view, target, head)
    except BaseException:
        await context.objects.delete(target)
        raise


async def _with_sidecar(context: ApiContext, view: LeaseView, key: str, head: PictureHead) -> CheckedPicture:
    picture = CheckedPicture(key=key, width_px=head.width_px, height_px=head.height_px)
    await context.objects.put(sidecar_key(key), _sidecar(view, picture), content_type=_JSON)
    return picture


async def _check(context: ApiContext, view: LeaseView, stored: ObjectHead, *, censored: bool) -> PictureHead:
    if stored.size_bytes > context.upload_bytes_max:
        raise BrokenPictureError(f"it has {stored.size_bytes} bytes; {context.upload_bytes_max} are taken")
    head = read_head(await context.objects.get(stored.key, length=HEAD_BYTES))
    _check_head(context, view, head, size_bytes=stored.size_bytes, censored=censored)
    if _is_decoded(context, view):
        await _decode(context, await context.objects.get(stored.key), head)
    return head


def _check_head(context: ApiContext, view: LeaseView, head: PictureHead, *, size_bytes: int, censored: bool) -> None:
    if size_bytes > context.upload_bytes_max:
        raise BrokenPictureError(f"it has {size_bytes} bytes; {context.upload_bytes_max} are taken")
    if not head.size_bytes <= size_bytes <= head.size_bytes + 1:
        raise BrokenPictureError(f"it says it has {head.size_bytes} bytes but has {size_bytes}")
    if not censored:
        _check_size(view, head)


def _is_decoded(context: ApiContext, view: LeaseView) -> bool:
    """Tell whether the picture is decoded whole: those of owners who are not trusted are, of the others some."""
    return not view.owner_trusted or random.random() < context.full_check_share


async def _decode(context: ApiContext, body: bytes, head: PictureHead) -> None:
    async with context.decoding:
        await asyncio.to_thread(decode_whole, body, head)


def _size_of(view: LeaseView) -> str:
    """Return how large the picture should be, as part of a sentence; an alchemist's has the size that comes of it."""
    if view.kind is not Kind.IMAGE:
        return ""
    return f" of {view.image.width_px} x {view.image.height_px} pixels"


def _check_size(view: LeaseView, head: PictureHead) -> None:
    """Compare with what the job asks for; with post-processing it may be two or four times as large."""
    asked = (view.image.width_px, view.image.height_px)
    factors = _ENLARGED if view.image.post_processing else (1,)
    if all((head.width_px, head.height_px) != (asked[0] * factor, asked[1] * factor) for factor in factors):
        raise BrokenPictureError(
            f"it is {head.width_px} x {head.height_px} pixels, but the job asks for {asked[0]} x {asked[1]}"
        )


def _sidecar(view: LeaseView, picture: CheckedPicture) -> bytes:
    """Return the JSON that says how the picture was made, for those who keep it."""
    if view.kind is not Kind.IMAGE:
        made = {
            "notice": "Changed by AI",
            "form": view.model,
            "width": picture.width_px,
            "height": picture.height_px,
            "worker_name": view.worker_name,
            "kudos": view.price_mk / MK_PER_KUDOS,
        }
        return msgspec.json.format(msgspec.json.encode(made))
    prompt, _, negative = view.prompt.partition("###")
    made = {
        "notice": "AI generated",
        "prompt": prompt.strip(),
        "negative_prompt": negative.strip(),
        "seed": view.seed,
        "model": view.model,
        "width": picture.width_px,
        "height": picture.height_px,
        "steps": view.image.steps,
        "cfg_scale": view.image.cfg_scale,
        "sampler": view.image.sampler,
        "worker_name": view.worker_name,
        "kudos": view.price_mk / MK_PER_KUDOS,
    }
    return msgspec.json.format(msgspec.json.encode(made))


def _upload_key(context: ApiContext, view: LeaseView) -> str:
    """Return where this lease's result was uploaded to."""
    return upload_key(context.secret, job_id=view.job_id, lease_id=view.lease_id)
