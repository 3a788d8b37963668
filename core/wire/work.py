"""What a worker and the horde say to each other: pop, submit, and our extras progress and release."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.fields import (
    Blacklist,
    BridgeAgent,
    CfgScale,
    Id,
    Images,
    Kudos,
    Models,
    Seed,
    SourceProcessing,
    SubmitState,
    Threads,
    Usernames,
    WorkerName,
)
from core.wire.requests import ExtraSourceImage, GenerationMetadataStable


class PopInputStable(msgspec.Struct, kw_only=True, frozen=True):
    """POST /generate/pop: who the worker is and what it takes. Defaults are the public server's parser's."""

    name: WorkerName
    models: Models = ()
    priority_usernames: Usernames = ()
    bridge_agent: BridgeAgent = "unknown:0:unknown"
    threads: Threads = 1
    amount: Images = 1
    max_pixels: Annotated[int, Meta(ge=0, le=2**31)] = 262_144
    nsfw: bool = True
    blacklist: Blacklist = ()
    require_upfront_kudos: bool = False
    extra_slow_worker: bool = False
    limit_max_steps: bool = False
    allow_img2img: bool = True
    allow_painting: bool = True
    allow_unsafe_ipaddr: bool = True
    allow_post_processing: bool = True
    allow_controlnet: bool = False
    allow_sdxl_controlnet: bool = False
    allow_lora: bool = False


class PopHeaders(msgspec.Struct, kw_only=True, frozen=True):
    """What a worker may say beside a pop (ours); each may be left out."""

    prefer: Annotated[
        str,
        Meta(
            max_length=200,
            pattern=r"^wait=[0-9]{1,6}$",
            description="`wait=20`: hold the pop for so many seconds until there is a job.",
        ),
    ] = msgspec.field(name="Prefer", default="")
    progress: Annotated[
        str, Meta(pattern="^1$", description="`1`: the worker reports progress, which renews its lease.")
    ] = msgspec.field(name="Horde-Progress", default="")
    start_id: Annotated[
        str,
        Meta(
            max_length=100,
            pattern=r"^[!-~]+$",
            description="New at each start of the program; what its earlier life held waits again.",
        ),
    ] = msgspec.field(name="Horde-Start-Id", default="")


class ModelPayloadStable(msgspec.Struct, kw_only=True, frozen=True):
    """What to draw. The defaults are the exact `payload` of a pop that found no job."""

    ddim_steps: int = 30
    n_iter: int = 1
    image_is_control: bool = False
    return_control_map: bool = False
    sampler_name: str = "k_euler_a"
    cfg_scale: CfgScale = 7.5
    height: int = 512
    width: int = 512
    karras: bool = False
    tiling: bool = False
    hires_fix: bool = False
    transparent: bool = False
    prompt: str | UnsetType = UNSET
    seed: str | UnsetType = UNSET
    seed_variation: int | UnsetType = UNSET
    clip_skip: int | UnsetType = UNSET
    use_nsfw_censor: bool | UnsetType = UNSET
    post_processing: tuple[str, ...] | UnsetType = UNSET
    denoising_strength: float | UnsetType = UNSET
    hires_fix_denoising_strength: float | UnsetType = UNSET
    facefixer_strength: float | UnsetType = UNSET
    control_type: str | UnsetType = UNSET
    loras: tuple[dict[str, Any], ...] | UnsetType = UNSET
    tis: tuple[dict[str, Any], ...] | UnsetType = UNSET
    special: dict[str, Any] | UnsetType = UNSET
    extra_texts: tuple[dict[str, Any], ...] | UnsetType = UNSET
    workflow: str | UnsetType = UNSET


class NoValidRequestFound(msgspec.Struct, kw_only=True, frozen=True):
    """How many waiting jobs the worker was passed over for, by reason; a reason that cannot be counted is left out."""

    worker_id: int = 0
    performance: int = 0
    nsfw: int = 0
    untrusted: int = 0
    models: int = 0
    bridge_version: int = 0
    blacklist: int | UnsetType = UNSET
    kudos: int | UnsetType = UNSET


class NoValidRequestFoundStable(NoValidRequestFound, kw_only=True, frozen=True):
    """The same for pictures."""

    unsafe_ip: int = 0
    img2img: int = 0
    painting: int = 0
    post_processing: int = msgspec.field(default=0, name="post-processing")
    lora: int = 0
    controlnet: int = 0
    max_pixels: int | UnsetType = UNSET
    step_count: int | UnsetType = UNSET


class ResponseModelMessagePop(msgspec.Struct, kw_only=True, frozen=True):
    """A message to the worker's owner."""

    id: str
    message: str
    expiry: str
    origin: str | UnsetType = UNSET


class GenerationPayloadStable(msgspec.Struct, kw_only=True, frozen=True):
    """The reply to a pop. Without a job `id` is null and `ids` is empty, and both are present."""

    payload: ModelPayloadStable = msgspec.field(default_factory=ModelPayloadStable)
    id: str | None = None
    ids: tuple[str, ...] = ()
    messages: tuple[ResponseModelMessagePop, ...] = ()
    ttl: int | None = None
    skipped: NoValidRequestFoundStable = msgspec.field(default_factory=NoValidRequestFoundStable)
    model: str | None = None
    source_image: str | None = None
    source_processing: SourceProcessing = "img2img"
    source_mask: str | None = None
    extra_source_images: tuple[ExtraSourceImage, ...] | None = None
    r2_upload: str | None = None
    r2_uploads: tuple[str, ...] | None = None


class SubmitInputStable(msgspec.Struct, kw_only=True, frozen=True):
    """POST /generate/submit: `generation` is "R2" after an upload to `r2_upload`, or the picture itself as base64."""

    id: Id
    generation: str = ""
    state: SubmitState = "ok"
    seed: Seed | UnsetType = UNSET
    censored: bool = False
    gen_metadata: Annotated[tuple[GenerationMetadataStable, ...], Meta(max_length=50)] = ()


class GenerationSubmitted(msgspec.Struct, kw_only=True, frozen=True):
    """The reply to a submit: what the worker's owner earned."""

    reward: Kudos


class ProgressInput(msgspec.Struct, kw_only=True, frozen=True):
    """POST /generate/progress (ours): step `step` of `steps` is done."""

    id: Id
    step: Annotated[int, Meta(ge=0, le=100_000)]
    steps: Annotated[int, Meta(ge=0, le=100_000)]


class ProgressReply(msgspec.Struct, kw_only=True, frozen=True):
    """Whether to go on, and for how many seconds the lease is good from now."""

    cancelled: bool
    ttl: int


class ReleaseInput(msgspec.Struct, kw_only=True, frozen=True):
    """POST /generate/release (ours): the worker hands the job back unmade; no fault is counted."""

    id: Id


class ReleaseReply(msgspec.Struct, kw_only=True, frozen=True):
    """The job is back in the queue; there is nothing more to say."""
