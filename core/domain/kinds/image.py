"""Pictures: text to image, image to image, inpainting and outpainting, with post-processing."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from core.domain.errors import InvalidRequest
from core.domain.kinds.checks import at_most, between, number, rows_of
from core.domain.kinds.kind import Kind, KindRules, Price, PriceGoesTo, PricePart, tax_parts
from core.domain.kinds.postprocessors import UPSCALERS
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.queue.needs import Needs

if TYPE_CHECKING:
    from core.domain.policy import QueuePolicy
    from core.domain.requests import RequestDraft
    from core.domain.workers.offer import WorkerOffer

_PIXELS_LEAST: Final = 4_096
_PIXELS_WHOLE: Final = 1_048_576
_PIXELS_BASE: Final = 512 * 512
_PUBLIC: Final = "AI Horde, the public closed formula of size and steps"
_FACTORS: Final = "AI Horde, its factors at settlement"
_TWICE: Final = frozenset({"k_heun", "k_dpm_2", "k_dpm_2_a", "k_dpmpp_2s_a", "k_dpmpp_sde"})
_ADAPTIVE_STEPS: Final = 40
_LARGE_BASELINES: Final = ("flux", "qwen", "z-image", "z_image")
BASELINE_FACTORS: Final[Mapping[str, int]] = {
    "stable_diffusion_xl": 2,
    "stable_cascade": 4,
    "flux_1": 8,
    "z_image_turbo": 8,
    "qwen_image": 12,
}
"""How many times the price of a Stable Diffusion 1 picture a model family costs (AI Horde)."""
_MODERN: Final = (
    "tis", "extra_source_images", "image_is_control", "return_control_map", "workflow", "transparent", "extra_texts",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageParams:
    """How a picture is to be made. cfg_scale 0 to 100; seed 0 to 2^32-1, or None for a fresh one a job."""

    width_px: int = 512
    height_px: int = 512
    steps: int = 30
    cfg_scale: float = 5.0
    sampler: str = "k_euler_a"
    karras: bool = True
    seed: int | None = None
    seed_variation: int | None = None
    clip_skip: int | None = None
    tiling: bool = False
    hires_fix: bool = False
    post_processing: tuple[str, ...] = ()

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width_px * self.height_px

    @property
    def accurate_steps(self) -> int:
        """Steps as the work they are: second-order samplers take each twice, the adaptive one forty (AI Horde)."""
        if self.sampler == "k_dpm_adaptive":
            return _ADAPTIVE_STEPS
        return self.steps * 2 if self.sampler in _TWICE else self.steps


def params_of(draft: "RequestDraft") -> ImageParams:
    """Return the parameters of a draft for a picture."""
    return draft.image


def base_price_mk(image: ImageParams) -> int:
    """Return the price of one plain picture in millikudos, post-processing included.

    The public closed formula of the AI Horde: ``r = ((w*h - 4096)^1.75) / ((1048576 - 4096)^1.75)``,
    ``k = round(0.1232 * steps + r * 0.1232 * steps * 8.75, 2)``, times 1.2 and rounded again for each post-processor.
    512 x 512 at 50 steps is 10.83 kudos. Below 64 x 64 pixels r is 0.
    """
    return _base_price_mk(image.pixels, image.steps, len(image.post_processing))


@lru_cache(maxsize=4_096)
def _base_price_mk(pixels: int, steps: int, processors: int) -> int:
    """Return what ``base_price_mk`` does, by what it depends on."""
    r: float = max(pixels - _PIXELS_LEAST, 0) ** 1.75 / (_PIXELS_WHOLE - _PIXELS_LEAST) ** 1.75
    kudos = round(0.1232 * steps + r * 0.1232 * steps * 8.75, 2)
    for _ in range(processors):
        kudos = round(kudos * 1.2, 2)
    return round(kudos * MK_PER_KUDOS)


class ImageRules(KindRules):
    """The rules of pictures: size in pixels, length in steps, work in pixelsteps."""

    kind = Kind.IMAGE
    params_type = ImageParams
    uniform = True
    thing = "pixelsteps"
    size_bounds = tuple(round(_PIXELS_LEAST * 2 ** (i / 4)) for i in range(50))
    length_bounds = (10, 20, 30, 50, 100, 200, 500)
    reasons = ("max_pixels", "step_count")

    def check(self, draft: "RequestDraft", policy: "QueuePolicy") -> None:
        """Return if size, steps and everything else of the picture is within the limits."""
        image = params_of(draft)
        if not draft.prompt.partition("###")[0].strip():
            message = "The prompt is empty. Say in a few words what the picture should show."
            raise InvalidRequest(message, field="prompt", limit=1, value=0, code="MissingPrompt")
        between("n", draft.n, 1, policy.n_max, "pictures")
        for field, value in (("width", image.width_px), ("height", image.height_px)):
            _check_side(field, value, policy)
        between("steps", image.steps, 1, policy.steps_max, "steps", code="TooManySteps")
        between("cfg_scale", image.cfg_scale, 0, 100)
        at_most("post_processing", "post-processors", len(image.post_processing), policy.post_processing_max)
        if image.seed is not None:
            between("seed", image.seed, 0, 2**32 - 1)
        if image.clip_skip is not None:
            between("clip_skip", image.clip_skip, 1, 12)
        _check_carried(draft, policy)

    def count(self, draft: "RequestDraft") -> int:
        """Return the number of pictures."""
        return draft.n

    def things(self, draft: "RequestDraft", ordinal: int, *, body: Mapping[str, object] | None = None) -> int:
        """Return the pixelsteps of one picture."""
        image = params_of(draft)
        return image.pixels * image.accurate_steps

    def price(
        self,
        draft: "RequestDraft",
        ordinal: int,
        policy: "QueuePolicy",
        *,
        model: str | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Price:
        """Return the price of one picture; before it is made, by the dearest of the models asked for."""
        image, parts = params_of(draft), _Parts()
        plain = _base_price_mk(image.pixels, image.steps, 0)
        parts.add("size_and_steps", plain, f"{image.width_px} x {image.height_px} pixels, {image.steps} steps")
        if image.post_processing:
            names = ", ".join(image.post_processing)
            parts.add("post_processing", base_price_mk(image) - plain, f"a fifth more for each of {names}")
        if draft.extra.get("control_type") and not draft.extra.get("return_control_map"):
            parts.add("controlnet", 2 * parts.sum_mk, "a ControlNet that returns no map costs three times as much")
        if loras := len(rows_of(draft.extra.get("loras"), "loras")):
            parts.add("loras", 3 * MK_PER_KUDOS * loras, f"3 kudos for each of {loras} LoRA")
        if draft.extra.get("tis"):
            parts.add("textual_inversions", MK_PER_KUDOS, "1 kudos for textual inversions")
        factor = max((_factor(name, policy) for name in ((model,) if model else draft.models)), default=1)
        if factor > 1:
            parts.add(
                "model_family", (factor - 1) * parts.sum_mk, f"a model of this family costs {factor} times as much"
            )
        for name, share_percent, why in _surcharges(draft):
            parts.add(name, parts.sum_mk * share_percent // 100, why, to=PriceGoesTo.TREASURY, source=_FACTORS)
        return Price(parts=(*parts.parts, *tax_parts(policy)))

    def models(self, draft: "RequestDraft", ordinal: int) -> tuple[str, ...]:
        """Return the models asked for."""
        return draft.models

    def needs(self, draft: "RequestDraft") -> Needs:
        """Return what a picture may need of its worker."""
        image, extra = params_of(draft), draft.extra
        processing = extra.get("source_processing") if extra.get("source_image") else None
        painting = processing in ("inpainting", "outpainting")
        old_fails = image.tiling or image.hires_fix or (image.clip_skip or 1) > 1 or any(extra.get(p) for p in _MODERN)
        needs = (
            (bool(extra.get("source_image")) and not painting, Needs.IMG2IMG),
            (painting, Needs.PAINTING),
            (bool(image.post_processing), Needs.POST_PROCESSING),
            (bool(extra.get("loras")), Needs.LORA),
            (bool(extra.get("control_type")), Needs.CONTROLNET),
            (bool(extra.get("transparent")), Needs.TRANSPARENT),
            (old_fails, Needs.MODERN_BRIDGE),
        )
        return Needs(sum(need for condition, need in needs if condition))

    def measure(self, draft: "RequestDraft", ordinal: int) -> tuple[int, int]:
        """Return pixels and steps."""
        image = params_of(draft)
        return image.pixels, image.steps

    def things_of(self, size: int, length: int) -> int:
        """Return the pixelsteps of so many pixels and steps."""
        return size * length

    def reach(self, offer: "WorkerOffer") -> tuple[int, int]:
        """Return the most pixels and steps that the worker takes."""
        return offer.pixels_max, offer.steps_max

    def serves(self, offer: "WorkerOffer") -> frozenset[str]:
        """Return the worker's models."""
        return frozenset(offer.models)

    def lease_s(self, draft: "RequestDraft", ordinal: int, *, model: str, policy: "QueuePolicy") -> float:
        """Return 30 s + 2 s * steps * pixels / 512^2, twice with a ControlNet, thrice for large families, >= 150 s.

        Source: AI Horde API, job time to live.
        """
        image = params_of(draft)
        seconds = policy.lease_base_s + 2 * image.accurate_steps * image.pixels / _PIXELS_BASE
        if draft.extra.get("control_type"):
            seconds *= 2
        if any(name in model.lower() for name in _LARGE_BASELINES):
            seconds *= 3
        return max(seconds, policy.lease_min_s)


class _Parts:
    """The parts of a price as they are added up."""

    def __init__(self) -> None:
        self.parts: list[PricePart] = []
        self.sum_mk = 0

    def add(
        self, name: str, amount_mk: int, why: str, *, to: PriceGoesTo = PriceGoesTo.WORKER, source: str = _PUBLIC
    ) -> None:
        """Add a part."""
        self.parts.append(PricePart(name=name, amount_mk=amount_mk, to=to, why=why, source=source))
        self.sum_mk += amount_mk


def _factor(model: str, policy: "QueuePolicy") -> int:
    """Return how many times the plain price this model costs."""
    return BASELINE_FACTORS.get(policy.model_baselines.get(model, ""), 1)


def _surcharges(draft: "RequestDraft") -> list[tuple[str, int, str]]:
    """Return (name, percent, why) of what the requester pays beyond the work."""
    image = params_of(draft)
    found = []
    if draft.extra.get("source_image"):
        found.append(("source_image", 30, "a source picture adds 30 %"))
    found += [("upscaler", 5, f"{name} adds 5 %") for name in image.post_processing if name in UPSCALERS]
    if not draft.slow_workers:
        found.append(("fast_workers", 20, "asking for fast workers only adds 20 %"))
    if draft.worker_blacklist and draft.worker_ids:
        found.append(("worker_blacklist", 10, "keeping workers out adds 10 %"))
    return found


def _check_side(field: str, value: int, policy: "QueuePolicy") -> None:
    """Check one side of the picture."""
    between(field, value, policy.size_min_px, policy.size_max_px, "pixels", code="InvalidSize")
    if value % policy.size_step_px:
        nearest = max(policy.size_min_px, round(value / policy.size_step_px) * policy.size_step_px)
        message = (
            f"The {field} is {value} pixels, but it must be a multiple of {policy.size_step_px}. "
            f"The nearest is {nearest}."
        )
        raise InvalidRequest(message, field=field, limit=policy.size_step_px, value=value, code="InvalidSize")


def _check_carried(draft: "RequestDraft", policy: "QueuePolicy") -> None:
    """Check the limits of what is carried to the worker."""
    extra = draft.extra
    loras = rows_of(extra.get("loras"), "loras")
    at_most("loras", "LoRA", len(loras), policy.loras_max, code="TooManyLoras")
    for lora in loras:
        for strength in ("model", "clip"):
            between(f"loras.{strength}", number(lora, strength, 1.0), -5, 5)
    tis = rows_of(extra.get("tis"), "tis")
    at_most("tis", "textual inversions", len(tis), policy.tis_max, code="TooManyTIs")
    sources = rows_of(extra.get("extra_source_images"), "extra_source_images")
    at_most("extra_source_images", "pictures", len(sources), policy.extra_sources_max, code="TooManyExtraSourceImages.")
    for name in ("denoising_strength", "hires_fix_denoising_strength"):
        if name in extra:
            between(name, number(dict(extra), name, 1.0), 0.01, 1)
    if extra.get("control_type") and extra.get("source_processing") in ("inpainting", "outpainting"):
        message = "A ControlNet does not go with inpainting or outpainting. Leave one of the two out."
        raise InvalidRequest(message, field="control_type", code="ControlNetInpaintingMismatch")
    if extra.get("control_type") and not extra.get("source_image"):
        message = "A ControlNet needs a source picture. Give source_image, or leave control_type out."
        raise InvalidRequest(message, field="source_image", code="ControlNetSourceMissing")
    if extra.get("source_mask") and not extra.get("source_image"):
        message = "A mask needs the picture that it masks. Give source_image, or leave source_mask out."
        raise InvalidRequest(message, field="source_mask", code="ImageSourceMissing")
