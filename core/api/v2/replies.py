"""From the engine's words to v2's: statuses, jobs and accounts as messages."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, structs

from core.api.context import ApiContext
from core.domain.errors import NotFound
from core.domain.ids import RequestId
from core.domain.jobs import Leased, Popped
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.requests import Accepted, JobResult, RequestStatus
from core.ports.keys import upload_key
from core.ports.store import ReadTransaction, Transaction
from core.services.queue.status import status
from core.wire.fields import Kudos
from core.wire.requests import (
    GenerationMetadataStable,
    GenerationStable,
    RequestAsync,
    RequestSingleWarning,
    RequestStatusCheck,
    RequestStatusStable,
)
from core.wire.work import GenerationPayloadStable, ModelPayloadStable, NoValidRequestFoundStable

_SKIPPED_FIELDS = {
    field if field != "post-processing" else "post_processing": field
    for field in (
        "worker_id", "performance", "nsfw", "untrusted", "models", "bridge_version", "unsafe_ip", "img2img", "painting",
        "post-processing", "lora", "controlnet", "blacklist", "kudos", "max_pixels", "step_count",
    )
}  # fmt: skip
_UPLOAD_S_MIN = 1_200


def kudos_of(amount_mk: int) -> Kudos:
    """Return millikudos as kudos, an int where whole."""
    return amount_mk // MK_PER_KUDOS if amount_mk % MK_PER_KUDOS == 0 else amount_mk / MK_PER_KUDOS


def accepted(order: Accepted, *, lifetime_s: int) -> RequestAsync:
    """Return the reply to an order that is in the queue; it speaks up only where no worker could take it."""
    if order.is_possible:
        return RequestAsync(id=order.request_id, kudos=kudos_of(order.price_mk))
    message = (
        "No worker that was seen lately can make this. It waits for one for "
        f"{lifetime_s // 60} minutes. Another model or a smaller size may help."
    )
    return RequestAsync(
        id=order.request_id,
        kudos=kudos_of(order.price_mk),
        message=message,
        warnings=(RequestSingleWarning(code="NoAvailableWorker", message=message),),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One look at a request. spent_mk: what its finished jobs cost. inline: its author wants base64."""

    status: RequestStatus
    spent_mk: int
    inline: bool


def look(context: ApiContext, request_id: RequestId) -> Callable[[ReadTransaction | Transaction], Seen]:
    """Return a query that looks at the request as it is now; it raises ``NotFound``."""
    now_ms = context.clock.now_ms()

    def query(tx: ReadTransaction | Transaction) -> Seen:
        found = status(tx, request_id=request_id, now_ms=now_ms, online_s=context.policy.online_s)
        request = tx.requests.get(request_id)
        return Seen(
            status=found,
            spent_mk=found.spent_mk,
            inline=request is not None and not request.draft.r2,
        )

    return query


def check_of(seen: Seen) -> RequestStatusCheck:
    """Return the status without pictures."""
    found = seen.status
    return RequestStatusCheck(
        finished=found.finished,
        processing=found.processing,
        restarted=found.restarted,
        waiting=found.waiting,
        done=found.done,
        faulted=found.faulted,
        wait_time=found.wait_time_s,
        queue_position=found.queue_position,
        kudos=round(seen.spent_mk / MK_PER_KUDOS),
        is_possible=found.is_possible,
    )


async def status_of(context: ApiContext, seen: Seen) -> RequestStatusStable:
    """Return the status with its pictures: addresses if they are https, else (or where asked) base64 WebP."""
    inline = seen.inline or not context.objects.public_url("pictures/x").startswith("https://")
    generations = [await _generation(context, result, inline=inline) for result in seen.status.results]
    return RequestStatusStable(**structs.asdict(check_of(seen)), generations=tuple(generations))


async def _generation(context: ApiContext, result: JobResult, *, inline: bool) -> GenerationStable:
    img = context.objects.public_url(result.object_key)
    if inline:
        try:
            body = await context.objects.get(result.object_key)
        except NotFound:
            body = b""  # deleted since: the other pictures of the request are still given
        img = base64.b64encode(body).decode()
    state: Literal["ok", "censored"] = "censored" if result.state == "censored" else "ok"
    return GenerationStable(
        id=result.job_id,
        img=img,
        seed=str(result.seed),
        model=result.model,
        worker_id=result.worker_id,
        worker_name=result.worker_name,
        censored=state == "censored",
        state=state,
        gen_metadata=tuple(_metadata(entry) for entry in result.gen_metadata),
    )


def _metadata(entry: Mapping[str, object]) -> GenerationMetadataStable:
    ref = entry.get("ref")
    return GenerationMetadataStable(
        type=str(entry.get("type", "information")),
        value=str(entry.get("value", "see_ref")),
        ref=UNSET if ref is None else str(ref),
    )


def metadata_of(entry: GenerationMetadataStable) -> Mapping[str, object]:
    """Return a worker's remark as the engine stores it."""
    return {name: value for name, value in structs.asdict(entry).items() if value is not UNSET}


def popped_of(context: ApiContext, popped: Popped) -> GenerationPayloadStable:
    """Return the reply to a pop: the jobs with an upload address each, or that there is none."""
    if not popped.jobs:
        known = {name: popped.skipped[field] for name, field in _SKIPPED_FIELDS.items() if field in popped.skipped}
        return GenerationPayloadStable(skipped=NoValidRequestFoundStable(**known))
    first = popped.jobs[0]
    uploads = tuple(_upload_address(context, job) for job in popped.jobs)
    extra = first.extra
    return GenerationPayloadStable(
        payload=_payload(first, images=len(popped.jobs)),
        id=first.job_id,
        ids=tuple(job.job_id for job in popped.jobs),
        ttl=first.ttl_s,
        model=first.model,
        source_image=_text(extra.get("source_image")),
        source_processing=extra.get("source_processing", "img2img"),  # type: ignore[arg-type] # checked when asked
        source_mask=_text(extra.get("source_mask")),
        extra_source_images=_dicts(extra.get("extra_source_images")),
        r2_upload=uploads[0],
        r2_uploads=uploads,
    )


def _upload_address(context: ApiContext, job: Leased) -> str:
    """Return an address that is good for this lease's result only; a lease that is renewed keeps it."""
    return context.objects.presign_put(
        upload_key(context.secret, job.lease_id),
        content_type="image/webp",
        bytes_max=context.upload_bytes_max,
        expires_at_ms=context.clock.now_ms() + 1000 * max(2 * job.ttl_s, _UPLOAD_S_MIN),
    )


def _payload(job: Leased, *, images: int) -> ModelPayloadStable:
    image, extra = job.image, job.extra
    carried = {
        name: extra[name]
        for name in ModelPayloadStable.__struct_fields__
        if name in extra and name not in {"prompt", "seed"}
    }
    return ModelPayloadStable(
        ddim_steps=image.steps,
        n_iter=images,
        sampler_name=image.sampler,
        cfg_scale=image.cfg_scale,
        height=image.height_px,
        width=image.width_px,
        karras=image.karras,
        tiling=image.tiling,
        hires_fix=image.hires_fix,
        prompt=job.prompt,
        seed=str(job.seed),
        clip_skip=UNSET if image.clip_skip is None else image.clip_skip,
        use_nsfw_censor=not job.nsfw and job.censor_nsfw,
        post_processing=image.post_processing or UNSET,
        **carried,  # type: ignore[arg-type] # carried unread from the order, where they were checked
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _dicts(value: object) -> tuple[dict[str, object], ...] | None:
    return tuple(value) if isinstance(value, Sequence) and value else None
