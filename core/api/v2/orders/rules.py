"""What does not go together in an order for pictures: v2's rules, each with its code."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

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


def check_order(order: GenerationInputStable, *, account: Account, policy: QueuePolicy) -> None:
    """Return if the order's parts go together and its author may ask for them.

    Raises:
        InvalidRequest, NotPermitted: the first rule that it breaks.
    """
    for refusal in chain(
        _refusals_of_author(order, account), _lists(order), _families(order, policy), _sources(order), _texts(order)
    ):
        raise refusal


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


def _lists(order: GenerationInputStable) -> Iterator[InvalidRequest]:
    """Yield what breaks the rules of each list by itself."""
    params, words = order.params, len(order.prompt.split())
    upscalers = [name for name in params.post_processing if name in UPSCALERS]
    no_models = [name for name in order.models if name in POST_PROCESSORS or name in _CONTROL_TYPES]
    bad_versions = [lora.name for lora in params.loras if lora.is_version and not lora.name.isdigit()]
    decimals = f"{params.cfg_scale:.10f}".rstrip("0").partition(".")[2]
    if bad_versions:
        message = f"With is_version the name of a LoRA is the number of its version, but it is {bad_versions[:1]}."
        yield InvalidRequest(message, field="params.loras", code=Rc.BAD_LORA_VERSION)
    if words > _WORDS_MAX:
        message = f"The prompt has {words} words; {_WORDS_MAX} are taken. Say it shorter."
        yield InvalidRequest(message, field="prompt", code=Rc.INVALID_PROMPT_SIZE)
    if no_models:
        message = f"{no_models[:1]} is no model but something that is done with pictures. Name a model."
        yield InvalidRequest(message, field="models", code=Rc.UNEXPECTED_MODEL_NAME)
    if len(upscalers) > 1:
        message = f"There are {len(upscalers)} upscalers ({', '.join(upscalers)}); one is taken. Leave the others out."
        yield InvalidRequest(message, field="params.post_processing", code=Rc.TOO_MANY_UPSCALERS)
    if len(decimals) > _CFG_DECIMALS_MAX:
        message = f"cfg_scale is {params.cfg_scale}; {_CFG_DECIMALS_MAX} decimals are taken. Round it."
        yield InvalidRequest(message, field="params.cfg_scale", code=Rc.BAD_CFG_DECIMALS)


def _families(order: GenerationInputStable, policy: QueuePolicy) -> Iterator[InvalidRequest]:
    """Yield what the families of models cannot do."""
    params = order.params
    families = [policy.model_baselines.get(name, name.lower()) for name in order.models]
    known = [policy.model_baselines[name] for name in order.models if name in policy.model_baselines]
    no_control = [name for name in families if name.startswith(_NO_CONTROL)]
    if params.hires_fix and any(name.startswith(_LARGE) for name in families):
        message = (
            "Models of the Flux, Qwen and Z-Image families make large pictures by themselves. Leave hires_fix out."
        )
        yield InvalidRequest(message, field="params.hires_fix", code=Rc.HI_RES_MISMATCH)
    if params.transparent and any(not name.startswith(_TRANSPARENT) for name in known):
        message = "Only Stable Diffusion 1 and XL models make transparent pictures. Leave transparent out."
        yield InvalidRequest(message, field="params.transparent", code=Rc.INVALID_TRANSPARENCY_MODEL)
    if params.workflow == "qr_code" and any(not name.startswith(_QR_CODE) for name in known):
        message = "Only Stable Diffusion 1 and XL models know the workflow qr_code. Name another model."
        yield InvalidRequest(message, field="params.workflow", code=Rc.CONTROL_NET_MISMATCH_OF_WORKFLOW)
    if params.control_type is not UNSET and no_control:
        message = f"A ControlNet does not go with models of the family {no_control[:1]}. Name another model."
        yield InvalidRequest(message, field="params.control_type", code=Rc.CONTROL_NET_MISMATCH)


def _sources(order: GenerationInputStable) -> Iterator[InvalidRequest]:
    """Yield what breaks the rules of pictures to go by."""
    params, controlled = order.params, order.params.control_type is not UNSET
    if order.source_mask and not order.source_image:
        message = "A mask needs the picture that it masks. Give source_image, or leave source_mask out."
        yield InvalidRequest(message, field="source_mask", code=Rc.SOURCE_MASK_UNNECESSARY)
    if controlled and not order.source_image:
        message = "A ControlNet needs a source picture. Give source_image, or leave control_type out."
        yield InvalidRequest(message, field="source_image", code=Rc.CONTROL_NET_SOURCE_MISSING)
    if controlled and order.source_processing != "img2img":
        message = f"A ControlNet does not go with {order.source_processing}. Leave one of the two out."
        yield InvalidRequest(message, field="params.control_type", code=Rc.CONTROL_NET_INPAINTING_MISMATCH)
    if params.transparent and order.source_image and not controlled:
        message = "A transparent picture is not made from a source picture. Leave one of the two out."
        yield InvalidRequest(message, field="params.transparent", code=Rc.INVALID_TRANSPARENCY_IMG_TO_IMG)
    if params.transparent and controlled:
        message = "A transparent picture is not made with a ControlNet. Leave one of the two out."
        yield InvalidRequest(message, field="params.transparent", code=Rc.INVALID_TRANSPARENCY_CN)
    if (params.image_is_control or params.return_control_map) and not controlled:
        message = "image_is_control and return_control_map are a ControlNet's. Give control_type, or leave them out."
        yield InvalidRequest(message, field="params.control_type", code=Rc.CONTROL_NET_INVALID_PAYLOAD)
    if order.extra_source_images and order.source_processing != "remix":
        message = "Extra source pictures are taken with source_processing remix only. Say remix, or leave them out."
        yield InvalidRequest(message, field="extra_source_images", code=Rc.INVALID_EXTRA_SOURCE_IMAGES)


def _texts(order: GenerationInputStable) -> Iterator[InvalidRequest]:
    """Yield what breaks the rules of workflows' texts."""
    has_texts, is_qr_code = bool(order.params.extra_texts), order.params.workflow == "qr_code"
    if has_texts and not is_qr_code:
        message = "Extra texts are taken with the workflow qr_code only. Name it, or leave them out."
        yield InvalidRequest(message, field="params.extra_texts", code=Rc.INVALID_EXTRA_TEXTS)
    if is_qr_code and not has_texts:
        message = "The workflow qr_code needs extra_texts: what the code shall say."
        yield InvalidRequest(message, field="params.extra_texts", code=Rc.MISSING_EXTRA_TEXTS)
