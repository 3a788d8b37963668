"""What a client sends to ask for pictures, and what it gets while it waits for them."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.fields import (
    CfgScale,
    ClipSkip,
    ControlType,
    Fraction,
    Id,
    Images,
    ImageState,
    Kudos,
    LoraStrength,
    MetadataType,
    MetadataValue,
    Models,
    PostProcessors,
    Prompt,
    Reference,
    Sampler,
    Seed,
    SeedVariation,
    Side,
    Source,
    SourceProcessing,
    Steps,
    Strength,
    StyleName,
    Webhook,
    Word,
    Workers,
    Workflow,
)


class ModelPayloadLorasStable(msgspec.Struct, kw_only=True, frozen=True):
    """A LoRA: a name, or with `is_version` the number of a version, and how strong it is in either part."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    model: LoraStrength = 1.0
    clip: LoraStrength = 1.0
    inject_trigger: Annotated[str, Meta(min_length=1, max_length=30)] | UnsetType = UNSET
    is_version: bool = False


class ModelPayloadTextualInversionsStable(msgspec.Struct, kw_only=True, frozen=True):
    """A textual inversion, and into which half of the prompt it is put."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    inject_ti: Literal["prompt", "negprompt"] | UnsetType = UNSET
    strength: LoraStrength = 1.0


class ExtraSourceImage(msgspec.Struct, kw_only=True, frozen=True):
    """A further picture to go by."""

    image: Annotated[Source, Meta(min_length=1)]
    strength: Annotated[float, Meta(ge=-100, le=100)] = 1.0


class ExtraText(msgspec.Struct, kw_only=True, frozen=True):
    """A text for a workflow, and what it is for."""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]
    reference: Annotated[str, Meta(min_length=3, max_length=255)] | UnsetType = UNSET


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
    loras: tuple[ModelPayloadLorasStable, ...] = ()
    tis: tuple[ModelPayloadTextualInversionsStable, ...] = ()
    special: dict[str, Any] | UnsetType = UNSET
    extra_texts: tuple[ExtraText, ...] = ()
    workflow: Workflow | UnsetType = UNSET


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
    source_image: Source = ""
    source_processing: SourceProcessing = "img2img"
    source_mask: Source = ""
    extra_source_images: tuple[ExtraSourceImage, ...] = ()
    r2: bool = True
    shared: bool = False
    replacement_filter: bool = True
    dry_run: bool = False
    disable_batching: bool = False
    allow_downgrade: bool = False
    proxied_account: Word = ""
    webhook: Webhook = ""
    style: StyleName = ""


class RequestSingleWarning(msgspec.Struct, kw_only=True, frozen=True):
    """One thing about an accepted order that its author may want to change."""

    code: str
    message: str


class PriceReason(msgspec.Struct, kw_only=True, frozen=True):
    """One reason for a price (ours): so many kudos, of all jobs together, and why."""

    name: str
    kudos: Kudos
    why: str
    source: str


class RequestAsync(msgspec.Struct, kw_only=True, frozen=True):
    """The reply to an order: 202 with an id; or 200 without one for a dry run, with its price's reasons (ours)."""

    kudos: Kudos
    id: Id | UnsetType = UNSET
    message: str | UnsetType = UNSET
    warnings: tuple[RequestSingleWarning, ...] | UnsetType = UNSET
    breakdown: tuple[PriceReason, ...] | UnsetType = UNSET


class GenerationMetadataStable(msgspec.Struct, kw_only=True, frozen=True):
    """One remark of the worker on how a picture was made."""

    type: MetadataType
    value: MetadataValue
    ref: Reference | UnsetType = UNSET


class GenerationStable(msgspec.Struct, kw_only=True, frozen=True):
    """One finished picture: `img` is an https URL or base64 WebP, `seed` a string."""

    id: str
    img: str
    seed: str
    model: str
    worker_id: str
    worker_name: str
    censored: bool = False
    state: ImageState = "ok"
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


class AestheticRating(msgspec.Struct, kw_only=True, frozen=True):
    """How somebody likes one picture of an order, and how many faults it has."""

    id: Annotated[str, Meta(min_length=36, max_length=36)]
    rating: Annotated[int, Meta(ge=1, le=10)]
    artifacts: Annotated[int, Meta(ge=0, le=5)] | UnsetType = UNSET


class AestheticsPayload(msgspec.Struct, kw_only=True, frozen=True):
    """The pictures of an order as its author rates them."""

    best: Annotated[str, Meta(min_length=36, max_length=36)] | UnsetType = UNSET
    ratings: tuple[AestheticRating, ...] = ()
