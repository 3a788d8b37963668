"""Styles: named prompt templates, and the one renderer that puts a person's words into them safely."""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

NEGATIVE_MARK: Final = "###"
"""Parts the prompt from what shall not be in the picture (AI Horde API v2)."""

SAMPLERS: Final = (
    "DDIM",
    "dpmsolver",
    "k_dpm_2",
    "k_dpm_2_a",
    "k_dpm_adaptive",
    "k_dpm_fast",
    "k_dpmpp_2m",
    "k_dpmpp_2s_a",
    "k_dpmpp_sde",
    "k_euler",
    "k_euler_a",
    "k_heun",
    "k_lms",
    "lcm",
)
"""The samplers' names (AI Horde API v2)."""

_PLACE = re.compile(r"\{(p|np)\}|\{([^{}|]*(?:\|[^{}|]*)+)\}")
_MARKS = re.compile(r"#{3,}")
_BLANKS = re.compile(r"[ \t]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A named prompt template with its model and what it sets; None leaves the horde's default.

    template: holds `{p}` once and may hold `{np}` and alternations `{a|b}`. extra: parameters that are carried to the
    worker unread (loras, tis). enhance: the model family's enhancements are added. note: what people are told of it.
    """

    name: str
    template: str
    model: str
    width_px: int | None = None
    height_px: int | None = None
    steps: int | None = None
    cfg_scale: float | None = None
    sampler: str | None = None
    karras: bool | None = None
    clip_skip: int | None = None
    hires_fix: bool | None = None
    tiling: bool | None = None
    enhance: bool = False
    note: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the asker sets over the style; None keeps the style's own. aspect: width to height, e.g. (16, 9)."""

    width_px: int | None = None
    height_px: int | None = None
    aspect: tuple[int, int] | None = None
    seed: int | None = None
    n: int | None = None
    steps: int | None = None
    cfg_scale: float | None = None
    sampler: str | None = None
    model: str | None = None
    nsfw: bool = False


def faults_of_template(template: str) -> tuple[str, ...]:
    """Returns what is wrong with a template, in words; nothing for a good one."""
    faults = []
    if template.count("{p}") != 1:
        faults.append(f"must hold {{p}} exactly once, but holds it {template.count('{p}')} times")
    if template.count("{np}") > 1:
        faults.append("may hold {np} once at most")
    rest = _PLACE.sub("", template)
    if "{" in rest or "}" in rest:
        faults.append("holds a brace that belongs to no {p}, {np} or {one|other}")
    positive, mark, _ = template.partition(NEGATIVE_MARK)
    if mark and "{p}" not in positive:
        faults.append(f"has {{p}} after {NEGATIVE_MARK}, where the negative prompt stands")
    if mark and "{np}" in positive:
        faults.append(f"has {{np}} before {NEGATIVE_MARK}, where the wanted part stands")
    return tuple(faults)


def render(template: str, *, prompt: str, negative: str = "", seed: int = 0) -> str:
    """Returns the prompt in v2 form: the template with the person's words in it, the negative part after `###`.

    The person's words go in as they are and are never read as a template, a pattern or a mark; alternations in the
    template are chosen by the seed, the same for the same seed. A negative is never lost: where the template has no
    place for it, it is appended.
    """
    positive_part, mark, negative_part = template.partition(NEGATIVE_MARK)
    if not mark:
        # Without a mark of its own a template's {np} means: here the negative begins, if there is one.
        positive_part, place, tail = template.partition("{np}")
        positive_part, negative_part = positive_part + tail, place
    words = {"p": one_line(prompt), "np": one_line(negative)}
    if words["np"] and "{np}" not in template:
        negative_part = f"{negative_part}, {{np}}"
    positive = _tidy(_filled(positive_part, words, seed))
    refused = _tidy(_filled(negative_part.replace(NEGATIVE_MARK, ", "), words, seed))
    return f"{positive} {NEGATIVE_MARK} {refused}" if refused else positive


def one_line(text: str) -> str:
    """Returns a person's words on one line and without the mark that only we may set."""
    return " ".join(_MARKS.sub(" ", text).split())


def _filled(part: str, words: Mapping[str, str], seed: int) -> str:
    def put(found: re.Match[str]) -> str:
        if found[1]:
            return words[found[1]]
        choices = found[2].split("|")
        return choices[_chosen(seed, found.start(), len(choices))]

    return _PLACE.sub(put, part)


def _chosen(seed: int, place: int, count: int) -> int:
    digest = hashlib.sha256(f"{seed}:{place}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % count


def _tidy(text: str) -> str:
    return _BLANKS.sub(" ", text).strip().strip(",").strip()


def size_of_aspect(*, width_px: int, height_px: int, aspect: tuple[int, int], step_px: int = 64) -> tuple[int, int]:
    """Returns the size of that aspect with about the area of the given one, in whole steps, each side at least one."""
    across, down = aspect
    area = width_px * height_px
    wide = math.sqrt(area * across / down)
    tall = area / wide
    return max(1, round(wide / step_px)) * step_px, max(1, round(tall / step_px)) * step_px
