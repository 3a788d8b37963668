"""Lanes: the classes of waiting jobs that the same workers can take."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from core.domain.ids import WorkerId
from core.domain.requests import Kind, RequestDraft

PIXELS_LEAST: Final = 4_096
_CLASS_BOUNDS: Final = tuple(round(PIXELS_LEAST * 2 ** (i / 4)) for i in range(50))
_STEP_BOUNDS: Final = (10, 20, 30, 50, 100, 200, 500)


class Needs(IntFlag):
    """What a job needs of its worker, one bit each; the numbers are stored and never change."""

    NONE = 0
    NSFW = 1
    IMG2IMG = 2
    PAINTING = 4
    POST_PROCESSING = 8
    LORA = 16
    CONTROLNET = 32
    UNSAFE_ADDRESS = 64
    TRUSTED_ONLY = 128
    UPFRONT = 256
    NOT_SLOW = 512
    DENY_LIST = 1_024
    """Any worker has this one, but each job of the lane must be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One class of waiting jobs. models: sorted, empty = any. allow: sorted worker ids, empty = all."""

    kind: Kind
    models: tuple[str, ...]
    needs: Needs
    size_class: int
    step_class: int
    allow: tuple[WorkerId, ...] = ()

    @property
    def key(self) -> str:
        """The lane as one unique line of text."""
        models, allow = "\x1f".join(self.models), "\x1f".join(self.allow)
        return f"{self.kind}|{int(self.needs)}|{self.size_class}|{self.step_class}|{models}|{allow}"


def size_class(pixels: int) -> int:
    """Return the smallest class whose bound is at least ``pixels``: four classes for each doubling from 64 x 64."""
    return next((c for c, bound in enumerate(_CLASS_BOUNDS) if pixels <= bound), len(_CLASS_BOUNDS))


def size_bounds(a_class: int) -> tuple[int, int]:
    """Return the fewest and the most pixels that a size class holds."""
    lower = 0 if a_class == 0 else _CLASS_BOUNDS[a_class - 1] + 1
    upper = _CLASS_BOUNDS[a_class] if a_class < len(_CLASS_BOUNDS) else 2**53
    return lower, upper


def step_class(steps: int) -> int:
    """Return the smallest class whose bound is at least ``steps``."""
    return next((c for c, bound in enumerate(_STEP_BOUNDS) if steps <= bound), len(_STEP_BOUNDS))


def step_bounds(a_class: int) -> tuple[int, int]:
    """Return the fewest and the most steps that a step class holds."""
    lower = 0 if a_class == 0 else _STEP_BOUNDS[a_class - 1] + 1
    upper = _STEP_BOUNDS[a_class] if a_class < len(_STEP_BOUNDS) else 2**31
    return lower, upper


def needs_of(draft: RequestDraft) -> Needs:
    """Return every need that the draft has."""
    needs = Needs.NONE
    processing = draft.extra.get("source_processing") if draft.extra.get("source_image") else None
    wanted = (
        (draft.nsfw, Needs.NSFW),
        (bool(draft.extra.get("source_image")) and processing not in ("inpainting", "outpainting"), Needs.IMG2IMG),
        (processing in ("inpainting", "outpainting"), Needs.PAINTING),
        (bool(draft.image.post_processing), Needs.POST_PROCESSING),
        (bool(draft.extra.get("loras")), Needs.LORA),
        (bool(draft.extra.get("control_type")), Needs.CONTROLNET),
        (draft.trusted_workers, Needs.TRUSTED_ONLY),
        (not draft.slow_workers, Needs.NOT_SLOW),
        (bool(draft.worker_ids) and draft.worker_blacklist, Needs.DENY_LIST),
    )
    for condition, need in wanted:
        if condition:
            needs |= need
    return needs


def lane_of(draft: RequestDraft) -> Lane:
    """Return the lane of a draft whose models are already resolved."""
    return Lane(
        kind=draft.kind,
        models=tuple(sorted(set(draft.models))),
        needs=needs_of(draft),
        size_class=size_class(draft.image.pixels),
        step_class=step_class(draft.image.steps),
        allow=() if draft.worker_blacklist else tuple(sorted(set(draft.worker_ids))),
    )
