"""Which requests must be covered by kudos when they are asked, and what is left of them otherwise."""

import math
from dataclasses import replace
from typing import Final

from core.domain.kinds.checks import rows_of
from core.domain.kinds.image import ImageParams
from core.domain.kinds.text import TextParams
from core.domain.policy import QueuePolicy
from core.domain.requests import RequestDraft

# Source of all numbers here: AI Horde, "kudos upfront".
SIDE_PX: Final = (576, 1_024)
"""The least and the most of the square that is free of it."""
TOKENS: Final = (256, 512)
STEPS_LCM: Final = 10
STEPS_CONTROLNET: Final = 20
STEPS_DOWNGRADED: Final = 30
_SIDE_OF_BASELINE_PX: Final = {
    "stable_diffusion_2": 768,
    "stable_diffusion_xl": 1_024,
    "stable_cascade": 1_024,
    "flux_1": 1_024,
    "z_image_turbo": 1_024,
    "qwen_image": 1_024,
}


def free_side_px(draft: RequestDraft, *, waiting: int, threads: int, policy: QueuePolicy) -> int:
    """Return the side of the largest square that may be asked for without having the kudos.

    ``1024 + 10 * threads - round(0.9 * waiting)`` between 576 and 1024, and never below the native size of the smallest
    family among the models asked for.
    """
    side_px = min(max(SIDE_PX[1] + 10 * threads - round(0.9 * waiting), SIDE_PX[0]), SIDE_PX[1])
    native = [_SIDE_OF_BASELINE_PX.get(policy.model_baselines.get(name, ""), 0) for name in draft.models]
    return max(side_px, min(native, default=0))


def free_tokens(*, waiting: int, threads: int) -> int:
    """Return the longest text that may be asked for without having the kudos.

    ``512 + 5 * threads - round(0.9 * waiting)`` between 256 and 512 tokens.
    """
    return min(max(TOKENS[1] + 5 * threads - round(0.9 * waiting), TOKENS[0]), TOKENS[1])


def free_steps(draft: RequestDraft, policy: QueuePolicy) -> int:
    """Return the most steps that may be asked for without having the kudos."""
    if _is_lcm(draft):
        return STEPS_LCM
    if draft.extra.get("control_type"):
        return STEPS_CONTROLNET
    return policy.kudos.upfront_steps


def upfront_reason(draft: RequestDraft, *, waiting: int, threads: int, policy: QueuePolicy) -> str | None:
    """Return why the request's kudos must be there when it is asked, as a clause with its numbers; None if not so.

    waiting: jobs of the kind that wait now. threads: of the workers of the kind that were seen lately. The caller then
    makes the hold with a floor of 0, or asks for ``downgraded`` where the requester allows that.
    """
    if not policy.kudos.upfront:
        return None
    busy = f"with {waiting} jobs waiting and {threads} worker threads"
    match draft.params:
        case TextParams(length_max=length):
            tokens = free_tokens(waiting=waiting, threads=threads)
            return (
                f"it asks for {length} tokens, and {busy} up to {tokens} are free of this" if length > tokens else None
            )
        case ImageParams() as image:
            side_px = free_side_px(draft, waiting=waiting, threads=threads, policy=policy)
            steps = free_steps(draft, policy)
            too_large = f"it asks for {image.width_px} x {image.height_px} pixels"
            reasons = (
                (not draft.slow_workers, "it wants fast workers only"),
                (image.pixels > side_px**2, f"{too_large}, and {busy} up to {side_px} x {side_px} are free of this"),
                (image.steps > steps, f"it asks for {image.steps} steps, and up to {steps} are free of this here"),
                (policy.kudos.upfront_on_worker_list and bool(draft.worker_ids), "it chooses its workers"),
            )
            return next((why for needed, why in reasons if needed), None)
        case _:
            return None


def downgraded(draft: RequestDraft, *, waiting: int, threads: int, policy: QueuePolicy) -> RequestDraft:
    """Return the request made small enough to need no kudos upfront; unchanged where it needs none.

    Pictures keep their shape as far as multiples of the size step allow. A list of workers is given up.
    """
    if upfront_reason(draft, waiting=waiting, threads=threads, policy=policy) is None:
        return draft
    if isinstance(draft.params, TextParams):
        tokens = free_tokens(waiting=waiting, threads=threads)
        return replace(draft, params=replace(draft.params, length_max=min(draft.params.length_max, tokens)))
    if not isinstance(draft.params, ImageParams):
        return draft
    image = draft.params
    steps = free_steps(draft, policy)
    if image.steps > steps:
        image = replace(image, steps=min(steps, STEPS_DOWNGRADED))
    side_px = free_side_px(draft, waiting=waiting, threads=threads, policy=policy)
    if image.pixels > side_px * side_px:
        image = _shrunk(image, side_px=side_px, step_px=policy.size_step_px)
    listed = policy.kudos.upfront_on_worker_list
    return replace(
        draft,
        params=image,
        slow_workers=True,
        worker_ids=() if listed else draft.worker_ids,
        worker_blacklist=False if listed else draft.worker_blacklist,
    )


def _shrunk(image: ImageParams, *, side_px: int, step_px: int) -> ImageParams:
    """Return the picture in its shape with at most side_px squared pixels."""
    factor = side_px / math.sqrt(image.pixels)
    width_px = max(int(image.width_px * factor) // step_px * step_px, step_px)
    height_px = max(int(image.height_px * factor) // step_px * step_px, step_px)
    # A side that could not go below one step leaves less for the other.
    width_px = min(width_px, side_px * side_px // height_px // step_px * step_px)
    height_px = min(height_px, side_px * side_px // width_px // step_px * step_px)
    return replace(image, width_px=width_px, height_px=height_px)


def _is_lcm(draft: RequestDraft) -> bool:
    """Tell whether the picture is made by a latent consistency model, which needs few steps."""
    if isinstance(draft.params, ImageParams) and draft.params.sampler == "lcm":
        return True
    loras = rows_of(draft.extra.get("loras"), "loras")
    return any("lcm" in str(lora.get("name", "")).lower() for lora in loras)
