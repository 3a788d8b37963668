"""What a client sends to ask for pictures, and what it gets while it waits for them."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from core.wire.fields import (
    CfgScale,
    ClipSkip,
    ControlType,
    Fraction,
    Id,
    Images,
    Kudos,
    Models,
    PostProcessors,
    Prompt,
    Sampler,
    Seed,
    SeedVariation,
    Side,
    SourceProcessing,
    Steps,
    Strength,
    Word,
    Workers,
)


class ModelGenerationInputStable(msgspec.Struct, kw_only=True, frozen=True):
    """The `params` of a picture. Defaults are those the public server applies, not those its documentation prints."""

    n: Images = 1
    steps: Steps | UnsetType = UNSET
    width: Side = 512
    height: Side = 512
    cfg_scale: CfgScale = 5.0
    sampler_name: Sampler = "k_euler_a"
    karras: bool = True
    seed: Seed | UnsetType = UNSET
    seed_variation: SeedVariation | UnsetType = UNSET
    clip_skip: ClipSkip | UnsetType = UNSET
    tiling: bool = False
    hires_fix: bool = False
    transparent: bool = False
    post_processing: PostProcessors = ()
    denoising_strength: Strength | UnsetType = UNSET
    hires_fix_denoising_strength: Strength | UnsetType = UNSET
    facefixer_strength: Fraction | UnsetType = UNSET
    control_type: ControlType | UnsetType = UNSET
    image_is_control: bool = False
    return_control_map: bool = False
    loras: tuple[dict[str, Any], ...] = ()
    tis: tuple[dict[str, Any], ...] = ()
    special: dict[str, Any] | UnsetType = UNSET
    extra_texts: tuple[dict[str, Any], ...] = ()
    workflow: Literal["qr_code"] | UnsetType = UNSET


class GenerationInputStable(msgspec.Struct, kw_only=True, frozen=True):
    """POST /generate/async: one order. Empty lists and strings mean the same as no field at all."""

    prompt: Prompt
    params: ModelGenerationInputStable = msgspec.field(default_factory=ModelGenerationInputStable)
    nsfw: bool = False
    censor_nsfw: bool = False
    trusted_workers: bool = False
    validated_backends: bool = True
    slow_workers: bool = True
    extra_slow_workers: bool = False
    workers: Workers = ()
    worker_blacklist: bool | tuple[Word, ...] = False
    models: Models = ()
    source_image: str = ""
    source_processing: SourceProcessing = "img2img"
    source_mask: str = ""
    extra_source_images: tuple[dict[str, Any], ...] = ()
    r2: bool = True
    shared: bool = False
    replacement_filter: bool = True
    dry_run: bool = False
    disable_batching: bool = False
    allow_downgrade: bool = False
    proxied_account: Word = ""
    webhook: str = ""
    style: str = ""


class RequestSingleWarning(msgspec.Struct, kw_only=True, frozen=True):
    """One thing about an accepted order that its author may want to change."""

    code: str
    message: str


class RequestAsync(msgspec.Struct, kw_only=True, frozen=True):
    """The reply to an order: 202 with an id, or 200 without one for a dry run."""

    kudos: Kudos
    id: Id | UnsetType = UNSET
    message: str | UnsetType = UNSET
    warnings: tuple[RequestSingleWarning, ...] | UnsetType = UNSET


class GenerationMetadataStable(msgspec.Struct, kw_only=True, frozen=True):
    """One remark of the worker on how a picture was made."""

    type: str
    value: str
    ref: str | UnsetType = UNSET


class GenerationStable(msgspec.Struct, kw_only=True, frozen=True):
    """One finished picture: `img` is an https URL or base64 WebP, `seed` a string."""

    id: str
    img: str
    seed: str
    model: str
    worker_id: str
    worker_name: str
    censored: bool = False
    state: Literal["ok", "censored", "csam"] = "ok"
    gen_metadata: tuple[GenerationMetadataStable, ...] = ()


class RequestStatusCheck(msgspec.Struct, kw_only=True, frozen=True):
    """How far an order is; `wait_time` in seconds, `kudos` spent so far, rounded to whole kudos."""

    finished: int
    processing: int
    restarted: int
    waiting: int
    done: bool
    faulted: bool
    wait_time: int
    queue_position: int
    kudos: Kudos
    is_possible: bool


class RequestStatusStable(RequestStatusCheck, kw_only=True, frozen=True):
    """How far an order is, with its pictures; DELETE answers with the same."""

    generations: tuple[GenerationStable, ...] = ()
    shared: bool = False


DeletedStatus = RequestStatusStable
