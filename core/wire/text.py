"""Texts: what a client sends and gets, and what a worker and the horde say to each other about them."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.fields import (
    BridgeAgent,
    Fraction,
    Id,
    Images,
    Models,
    Reference,
    Seed,
    StyleName,
    SubmitState,
    TextState,
    Threads,
    Usernames,
    Webhook,
    Word,
    WorkerName,
    Workers,
)
from core.wire.requests import ExtraSourceImage, RequestStatusCheck
from core.wire.work import ResponseModelMessagePop

Context = Annotated[int, Meta(ge=80, le=1_048_576)]
Length = Annotated[int, Meta(ge=16, le=4_096)]
Softprompt = Annotated[str, Meta(max_length=500)]


class ModelPayloadStyleKobold(msgspec.Struct, kw_only=True, frozen=True):
    """How a text is sampled. What is not set is left to the worker's program."""

    temperature: Annotated[float, Meta(ge=0, le=5)] | UnsetType = UNSET
    top_a: Fraction | UnsetType = UNSET
    top_k: Annotated[int, Meta(ge=0, le=200)] | UnsetType = UNSET
    top_p: Annotated[float, Meta(ge=0.001, le=1)] | UnsetType = UNSET
    tfs: Fraction | UnsetType = UNSET
    typical: Fraction | UnsetType = UNSET
    min_p: Fraction | UnsetType = UNSET
    rep_pen: Annotated[float, Meta(ge=1, le=3)] | UnsetType = UNSET
    rep_pen_range: Annotated[int, Meta(ge=0, le=4096)] | UnsetType = UNSET
    rep_pen_slope: Annotated[float, Meta(ge=0, le=10)] | UnsetType = UNSET
    sampler_order: Annotated[tuple[Annotated[int, Meta(ge=0, le=100)], ...], Meta(max_length=100)] | UnsetType = UNSET
    smoothing_factor: Annotated[float, Meta(ge=0, le=10)] | UnsetType = UNSET
    dynatemp_range: Annotated[float, Meta(ge=0, le=5)] | UnsetType = UNSET
    dynatemp_exponent: Annotated[float, Meta(ge=0, le=5)] | UnsetType = UNSET
    stop_sequence: tuple[str, ...] | UnsetType = UNSET
    singleline: bool | UnsetType = UNSET
    frmtadsnsp: bool | UnsetType = UNSET
    frmtrmblln: bool | UnsetType = UNSET
    frmtrmspch: bool | UnsetType = UNSET
    frmttriminc: bool | UnsetType = UNSET
    use_default_badwordsids: bool | UnsetType = UNSET


class ModelGenerationInputKobold(ModelPayloadStyleKobold, kw_only=True, frozen=True):
    """The `params` of a text. Lengths in tokens."""

    n: Images = 1
    max_context_length: Context = 2_048
    max_length: Length = 80


class GenerationInputKobold(msgspec.Struct, kw_only=True, frozen=True):
    """POST /generate/text/async: one order. No models: any. Empty lists and strings mean the same as no field."""

    prompt: str = ""
    params: ModelGenerationInputKobold = msgspec.field(default_factory=ModelGenerationInputKobold)
    softprompt: Softprompt = ""
    trusted_workers: bool = False
    validated_backends: bool = False
    slow_workers: bool = True
    extra_slow_workers: bool = False
    workers: Workers = ()
    worker_blacklist: bool | tuple[Word, ...] = False
    models: Models = ()
    dry_run: bool = False
    proxied_account: Word = ""
    extra_source_images: tuple[ExtraSourceImage, ...] = ()
    disable_batching: bool = False
    allow_downgrade: bool = False
    webhook: Webhook = ""
    style: StyleName = ""


class GenerationMetadataKobold(msgspec.Struct, kw_only=True, frozen=True):
    """One remark of the worker on how a text came about."""

    type: Literal["censorship"]
    value: Literal["csam"]
    ref: Reference | UnsetType = UNSET


class GenerationKobold(msgspec.Struct, kw_only=True, frozen=True):
    """One finished text."""

    text: str
    seed: int
    model: str
    worker_id: str
    worker_name: str
    state: TextState = "ok"
    gen_metadata: tuple[GenerationMetadataKobold, ...] = ()


class RequestStatusKobold(RequestStatusCheck, kw_only=True, frozen=True):
    """How far an order is, with its texts; DELETE answers with the same."""

    generations: tuple[GenerationKobold, ...] = ()


class PopInputKobold(msgspec.Struct, kw_only=True, frozen=True):
    """POST /generate/text/pop: who the worker is and what it takes. Lengths in tokens."""

    name: WorkerName
    models: Models = ()
    priority_usernames: Usernames = ()
    bridge_agent: BridgeAgent = "unknown:0:unknown"
    threads: Threads = 1
    amount: Images = 1
    nsfw: bool = True
    max_length: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 512
    max_context_length: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 2_048
    softprompts: Annotated[tuple[Softprompt, ...], Meta(max_length=1_000)] = ()
    require_upfront_kudos: bool = False
    extra_slow_worker: bool = False


class ModelPayloadKobold(ModelPayloadStyleKobold, kw_only=True, frozen=True):
    """What to write. The defaults are the exact `payload` of a pop that found no job."""

    max_context_length: int = 2_048
    max_length: int = 80
    min_p: float = 0
    smoothing_factor: float = 0
    dynatemp_range: float = 0
    dynatemp_exponent: float = 1
    n: int | UnsetType = UNSET
    prompt: str | UnsetType = UNSET


class NoValidRequestFoundKobold(msgspec.Struct, kw_only=True, frozen=True):
    """How many waiting texts the worker was passed over for, by reason; empty where there was none to pass over."""

    worker_id: int | UnsetType = UNSET
    performance: int | UnsetType = UNSET
    nsfw: int | UnsetType = UNSET
    untrusted: int | UnsetType = UNSET
    models: int | UnsetType = UNSET
    bridge_version: int | UnsetType = UNSET
    blacklist: int | UnsetType = UNSET
    kudos: int | UnsetType = UNSET
    max_context_length: int | UnsetType = UNSET
    max_length: int | UnsetType = UNSET
    matching_softprompt: int | UnsetType = UNSET


class GenerationPayloadKobold(msgspec.Struct, kw_only=True, frozen=True):
    """The reply to a pop of a text worker. Without a job `id` is null and `ids` is empty, and both are present."""

    payload: ModelPayloadKobold = msgspec.field(default_factory=ModelPayloadKobold)
    id: str | None = None
    ids: tuple[str, ...] = ()
    messages: tuple[ResponseModelMessagePop, ...] = ()
    ttl: int | None = None
    skipped: NoValidRequestFoundKobold = msgspec.field(default_factory=NoValidRequestFoundKobold)
    softprompt: str | None = None
    model: str | None = None


class SubmitInputKobold(msgspec.Struct, kw_only=True, frozen=True):
    """POST /generate/text/submit: the text as it was written."""

    id: Id
    generation: str = ""
    state: SubmitState = "ok"
    seed: Seed = 0
    gen_metadata: Annotated[tuple[GenerationMetadataKobold, ...], Meta(max_length=50)] = ()
