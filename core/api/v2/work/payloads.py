"""From the engine's words to v2's: popped jobs as the messages that workers read."""

from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import UNSET, convert, structs

from core.api.context import ApiContext
from core.domain.jobs import Leased, Popped
from core.ports.keys import SOURCES, upload_key
from core.wire.requests import ExtraSourceImage, GenerationMetadataStable
from core.wire.text import GenerationMetadataKobold
from core.wire.work import (
    GenerationPayloadStable,
    ModelPayloadStable,
    NoValidRequestFoundStable,
    ResponseModelMessagePop,
)

_SKIPPED_FIELDS = {
    field if field != "post-processing" else "post_processing": field
    for field in (
        "worker_id", "performance", "nsfw", "untrusted", "models", "bridge_version", "unsafe_ip", "img2img", "painting",
        "post-processing", "lora", "controlnet", "blacklist", "kudos", "max_pixels", "step_count",
    )
}  # fmt: skip
_UPLOAD_S_MIN = 1_200


def metadata_of(entry: GenerationMetadataStable | GenerationMetadataKobold) -> Mapping[str, object]:
    """Return a worker's remark as the engine stores it."""
    return {name: value for name, value in structs.asdict(entry).items() if value is not UNSET}


def popped_of(context: ApiContext, popped: Popped) -> GenerationPayloadStable:
    """Return the reply to a pop: the jobs with an upload address each, or that there is none."""
    if not popped.jobs:
        known = {name: popped.skipped[field] for name, field in _SKIPPED_FIELDS.items() if field in popped.skipped}
        return GenerationPayloadStable(skipped=NoValidRequestFoundStable(**known), messages=messages_of(popped))
    first = popped.jobs[0]
    uploads = tuple(upload_address(context, job) for job in popped.jobs)
    extra = first.extra
    return GenerationPayloadStable(
        payload=_payload(first, images=len(popped.jobs)),
        id=first.job_id,
        ids=tuple(job.job_id for job in popped.jobs),
        messages=messages_of(popped),
        ttl=first.ttl_s,
        model=first.model,
        source_image=_source(context, first, extra.get("source_image")),
        source_processing=extra.get("source_processing", "img2img"),  # type: ignore[arg-type] # checked when asked
        source_mask=_source(context, first, extra.get("source_mask")),
        extra_source_images=_extra_sources(context, first),
        r2_upload=uploads[0],
        r2_uploads=uploads,
    )


def messages_of(popped: Popped) -> tuple[ResponseModelMessagePop, ...]:
    """Return what the worker is to be told, as v2 says it; a worker shows each once, by its id."""
    return tuple(
        ResponseModelMessagePop(
            id=message.id,
            message=message.text,
            origin=message.origin,
            expiry=datetime.fromtimestamp(message.expires_at_ms / 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        for message in popped.messages
    )


def upload_address(context: ApiContext, job: Leased) -> str:
    """Return an address that is good for this lease's result only; a lease that is renewed keeps it."""
    return context.objects.presign_put(
        upload_key(context.secret, job_id=job.job_id, lease_id=job.lease_id),
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


def source_address(context: ApiContext, job: Leased, source: str) -> str:
    """Return where the worker reads a source picture while its lease is good; an address stays what it is."""
    if not source.startswith(SOURCES):
        return source
    return context.sources.address(source, good_s=max(2 * job.ttl_s, _UPLOAD_S_MIN))


def _source(context: ApiContext, job: Leased, source: object) -> str | None:
    return source_address(context, job, source) if isinstance(source, str) and source else None


def _extra_sources(context: ApiContext, job: Leased) -> tuple[ExtraSourceImage, ...] | None:
    given = convert(job.extra.get("extra_source_images", ()), tuple[ExtraSourceImage, ...])
    return tuple(structs.replace(one, image=source_address(context, job, one.image)) for one in given) or None
