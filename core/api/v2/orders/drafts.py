"""From v2's words to the engine's: what an order asks for, as a draft."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from core.domain.ids import WorkerId
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Kind
from core.domain.requests import RequestDraft
from core.wire.requests import GenerationInputStable, ModelGenerationInputStable

_STEPS: Final = 30
_STEPS_CONTROLNET: Final = 20
_STEPS_CONTROLNET_MAX: Final = 40
_SEED_BITS: Final = 32
_CARRIED_PARAMS: Final = (
    "denoising_strength",
    "hires_fix_denoising_strength",
    "facefixer_strength",
    "control_type",
    "image_is_control",
    "return_control_map",
    "transparent",
    "loras",
    "tis",
    "special",
    "extra_texts",
    "workflow",
)
_CARRIED_FIELDS: Final = (
    "source_image",
    "source_mask",
    "extra_source_images",
    "disable_batching",
    "proxied_account",
)


def seed_of(given: int | str | UnsetType) -> int | None:
    """Return a seed as a number below 2^32, or None for a fresh one.

    Digits are a number; other text is read as little-endian bytes; what is too large is shifted right until it fits.
    """
    if given is UNSET or given == "":
        return None
    if isinstance(given, str):
        digits = given.isascii() and given.isdigit() and len(given) <= 30
        number = int(given) if digits else int.from_bytes(given.encode()[:1000], "little")
    else:
        number = given
    if number < 0:
        return None
    return number >> max(number.bit_length() - _SEED_BITS, 0)


def draft_of(order: GenerationInputStable, *, client_agent: str) -> RequestDraft:
    """Return what the order asks for; the style that it names has been put into it before."""
    params = order.params
    return RequestDraft(
        kind=Kind.IMAGE,
        prompt=order.prompt,
        models=order.models,
        n=params.n,
        params=_image_of(params),
        nsfw=order.nsfw,
        censor_nsfw=order.censor_nsfw,
        trusted_workers=order.trusted_workers,
        slow_workers=order.slow_workers,
        extra_slow_workers=bool(order.extra_slow_workers),
        worker_ids=tuple(WorkerId(worker) for worker in order.workers),
        worker_blacklist=bool(order.worker_blacklist),
        r2=order.r2,
        client_agent=client_agent,
        extra=_carried(order),
    )


def _image_of(params: ModelGenerationInputStable) -> ImageParams:
    controlled = params.control_type is not UNSET
    steps = params.steps if params.steps is not UNSET else _STEPS_CONTROLNET if controlled else _STEPS
    return ImageParams(
        width_px=params.width,
        height_px=params.height,
        steps=min(steps, _STEPS_CONTROLNET_MAX) if controlled else steps,
        cfg_scale=params.cfg_scale,
        sampler=params.sampler_name,
        karras=params.karras,
        seed=seed_of(params.seed),
        seed_variation=None if params.seed_variation is UNSET else params.seed_variation,
        clip_skip=None if params.clip_skip is UNSET else params.clip_skip,
        tiling=params.tiling,
        hires_fix=params.hires_fix,
        post_processing=tuple(dict.fromkeys(params.post_processing)),
    )


def _carried(order: GenerationInputStable) -> Mapping[str, object]:
    """Return the parameters that the engine carries unread, those that say something."""
    values = {name: getattr(order.params, name) for name in _CARRIED_PARAMS}
    values |= {name: getattr(order, name) for name in _CARRIED_FIELDS}
    carried = {name: msgspec.to_builtins(value) for name, value in values.items() if value is not UNSET and value}
    if order.source_image:
        carried["source_processing"] = order.source_processing
    return carried
