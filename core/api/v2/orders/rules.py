"""What does not go together in an order for pictures: v2's rules, each with its code."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import UNSET

from core.domain.accounts import Account
from core.domain.errors import HordeError, InvalidRequest, NotPermitted
from core.domain.kinds.postprocessors import POST_PROCESSORS, UPSCALERS
from core.domain.policy import QueuePolicy
from core.wire import Rc
from core.wire.requests import GenerationInputStable

_WORDS_MAX: Final = 7_500
_CFG_DECIMALS_MAX: Final = 2
_CONTROL_TYPES: Final = frozenset(
    {"canny", "hed", "depth", "normal", "openpose", "seg", "scribble", "fakescribbles", "hough"}
)
_LARGE: Final = ("flux", "qwen", "z_image", "z-image")
_NO_CONTROL: Final = ("stable_diffusion_xl", "stable_cascade", *_LARGE)
_QR_CODE: Final = ("stable_diffusion_1", "stable_diffusion_xl")
_TRANSPARENT: Final = ("stable_diffusion_1", "stable_diffusion_xl")


class _Broken(NamedTuple):
    """One rule: whether it is broken, the code, the field and the sentence."""

    broken: bool
    code: Rc
    field: str
    message: str


def check_order(order: GenerationInputStable, *, account: Account, policy: QueuePolicy) -> None:
    """Return if the order's parts go together and its author may ask for them.

    Raises:
        InvalidRequest, NotPermitted: the first rule that it breaks.
    """
    for error in _refusals_of_author(order, account):
        raise error
    for rule in (*_lists(order), *_families(order, policy), *_sources(order), *_texts(order)):
        if rule.broken:
            raise InvalidRequest(rule.message, field=rule.field, code=rule.code)


def _refusals_of_author(order: GenerationInputStable, account: Account) -> Iterator[HordeError]:
    """Yield what this author may not ask for."""
    if order.proxied_account and not account.service:
        message = "Only service accounts may ask in the name of others. Leave proxied_account out."
        yield InvalidRequest(message, field="proxied_account", code=Rc.ONLY_SERVICE_ACCOUNT_PROXY)
    extra = len(order.extra_source_images)
    if extra > 1 and not account.trusted:
        message = f"There are {extra} extra source pictures; one is taken from those who are not trusted. Send one."
        yield InvalidRequest(
            message, field="extra_source_images", limit=1, value=extra, code=Rc.MORE_THAN_MIN_EXTRA_SOURCE_IMAGE
        )
    if order.disable_batching and order.params.n > 1 and not account.trusted:
        message = f"Only trusted accounts may have {order.params.n} pictures made singly. Leave disable_batching out."
        yield NotPermitted(message, code=Rc.REQUIRES_TRUST)
    if order.params.special is not UNSET and order.params.special and not account.special:
        message = "Only special accounts may send params.special. Leave it out."
        yield InvalidRequest(message, field="params.special", code=Rc.SPECIAL_FIELD_NEEDS_SPECIAL_USER)


def _lists(order: GenerationInputStable) -> tuple[_Broken, ...]:
    """Return the rules of each list by itself."""
    params, words = order.params, len(order.prompt.split())
    upscalers = [name for name in params.post_processing if name in UPSCALERS]
    no_models = [name for name in order.models if name in POST_PROCESSORS or name in _CONTROL_TYPES]
    bad_versions = [lora.name for lora in params.loras if lora.is_version and not lora.name.isdigit()]
    decimals = f"{params.cfg_scale:.10f}".rstrip("0").partition(".")[2]
    return (
        _Broken(
            bool(bad_versions),
            Rc.BAD_LORA_VERSION,
            "params.loras",
            f"With is_version the name of a LoRA is the number of its version, but it is {bad_versions[:1]}.",
        ),
        _Broken(
            words > _WORDS_MAX,
            Rc.INVALID_PROMPT_SIZE,
            "prompt",
            f"The prompt has {words} words; {_WORDS_MAX} are taken. Say it shorter.",
        ),
        _Broken(
            bool(no_models),
            Rc.UNEXPECTED_MODEL_NAME,
            "models",
            f"{no_models[:1]} is no model but something that is done with pictures. Name a model.",
        ),
        _Broken(
            len(upscalers) > 1,
            Rc.TOO_MANY_UPSCALERS,
            "params.post_processing",
            f"There are {len(upscalers)} upscalers ({', '.join(upscalers)}); one is taken. Leave the others out.",
        ),
        _Broken(
            len(decimals) > _CFG_DECIMALS_MAX,
            Rc.BAD_CFG_DECIMALS,
            "params.cfg_scale",
            f"cfg_scale is {params.cfg_scale}; {_CFG_DECIMALS_MAX} decimals are taken. Round it.",
        ),
    )


def _families(order: GenerationInputStable, policy: QueuePolicy) -> tuple[_Broken, ...]:
    """Return the rules of what a family of models can do."""
    params = order.params
    families = [policy.model_baselines.get(name, name.lower()) for name in order.models]
    known = [policy.model_baselines[name] for name in order.models if name in policy.model_baselines]
    no_control = [name for name in families if name.startswith(_NO_CONTROL)]
    return (
        _Broken(
            params.hires_fix and any(name.startswith(_LARGE) for name in families),
            Rc.HI_RES_MISMATCH,
            "params.hires_fix",
            "Models of the Flux, Qwen and Z-Image families make large pictures by themselves. Leave hires_fix out.",
        ),
        _Broken(
            params.transparent and any(not name.startswith(_TRANSPARENT) for name in known),
            Rc.INVALID_TRANSPARENCY_MODEL,
            "params.transparent",
            "Only Stable Diffusion 1 and XL models make transparent pictures. Leave transparent out.",
        ),
        _Broken(
            params.workflow == "qr_code" and any(not name.startswith(_QR_CODE) for name in known),
            Rc.CONTROL_NET_MISMATCH_OF_WORKFLOW,
            "params.workflow",
            "Only Stable Diffusion 1 and XL models know the workflow qr_code. Name another model.",
        ),
        _Broken(
            params.control_type is not UNSET and bool(no_control),
            Rc.CONTROL_NET_MISMATCH,
            "params.control_type",
            f"A ControlNet does not go with models of the family {no_control[:1]}. Name another model.",
        ),
    )


def _sources(order: GenerationInputStable) -> tuple[_Broken, ...]:
    """Return the rules of pictures to go by."""
    params, controlled = order.params, order.params.control_type is not UNSET
    return (
        _Broken(
            bool(order.source_mask) and not order.source_image,
            Rc.SOURCE_MASK_UNNECESSARY,
            "source_mask",
            "A mask needs the picture that it masks. Give source_image, or leave source_mask out.",
        ),
        _Broken(
            controlled and not order.source_image,
            Rc.CONTROL_NET_SOURCE_MISSING,
            "source_image",
            "A ControlNet needs a source picture. Give source_image, or leave control_type out.",
        ),
        _Broken(
            controlled and order.source_processing != "img2img",
            Rc.CONTROL_NET_INPAINTING_MISMATCH,
            "params.control_type",
            f"A ControlNet does not go with {order.source_processing}. Leave one of the two out.",
        ),
        _Broken(
            params.transparent and bool(order.source_image) and not controlled,
            Rc.INVALID_TRANSPARENCY_IMG_TO_IMG,
            "params.transparent",
            "A transparent picture is not made from a source picture. Leave one of the two out.",
        ),
        _Broken(
            params.transparent and controlled,
            Rc.INVALID_TRANSPARENCY_CN,
            "params.transparent",
            "A transparent picture is not made with a ControlNet. Leave one of the two out.",
        ),
        _Broken(
            (params.image_is_control or params.return_control_map) and not controlled,
            Rc.CONTROL_NET_INVALID_PAYLOAD,
            "params.control_type",
            "image_is_control and return_control_map are a ControlNet's. Give control_type, or leave them out.",
        ),
        _Broken(
            bool(order.extra_source_images) and order.source_processing != "remix",
            Rc.INVALID_EXTRA_SOURCE_IMAGES,
            "extra_source_images",
            "Extra source pictures are taken with source_processing remix only. Say remix, or leave them out.",
        ),
    )


def _texts(order: GenerationInputStable) -> tuple[_Broken, ...]:
    """Return the rules of workflows' texts."""
    has_texts, is_qr_code = bool(order.params.extra_texts), order.params.workflow == "qr_code"
    return (
        _Broken(
            has_texts and not is_qr_code,
            Rc.INVALID_EXTRA_TEXTS,
            "params.extra_texts",
            "Extra texts are taken with the workflow qr_code only. Name it, or leave them out.",
        ),
        _Broken(
            is_qr_code and not has_texts,
            Rc.MISSING_EXTRA_TEXTS,
            "params.extra_texts",
            "The workflow qr_code needs extra_texts: what the code shall say.",
        ),
    )
