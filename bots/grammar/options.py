"""The options of an order (`size: 512x768`): how each value is read."""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from bots.grammar.orders import Lora
from core.domain.styles import SAMPLERS

SEED_MAX: Final = 2**32 - 1
SIDE_PX_MAX: Final = 100_000
ASPECT_WORDS: Final = {"square": (1, 1), "wide": (3, 2), "landscape": (3, 2), "tall": (2, 3), "portrait": (2, 3)}
YES: Final = frozenset({"", "yes", "y", "true", "on", "1"})
NO: Final = frozenset({"no", "n", "false", "off", "0"})

_SIZE = re.compile(r"(\d{1,6})(?:\s*[x×*]\s*(\d{1,6}))?(?:\s*px)?(?!\w)", re.IGNORECASE)
_ASPECT = re.compile(r"(\d{1,3})\s*[:/x]\s*(\d{1,3})(?!\w)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?![\w.])")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,4})?|\.\d{1,4})[ \t]*(%?)(?![\w.%])")
_LORA_NUMBER = re.compile(
    r"(v|version[ \t]*)?(\d{1,12})(?:[ \t]*:[ \t]*(-?\d{1,2}(?:\.\d{1,4})?))?(?![\w.])", re.IGNORECASE
)
_LORA_NAME = re.compile(r"([^,:\s][^,:]{0,98}?)[ \t]*(?::[ \t]*(-?\d{1,2}(?:\.\d{1,4})?))?[ \t]*(?=,|$)")
_WORD = re.compile(r"[^\s;,#]*")

Taken: TypeAlias = tuple[Mapping[str, object], int] | None
"""What the value changes and how many characters of the clause it takes; None where it cannot be read."""


def _size(clause: str) -> Taken:
    found = _SIZE.match(clause)
    if not found:
        return None
    width_px, height_px = int(found[1]), int(found[2] or found[1])
    if not 0 < width_px <= SIDE_PX_MAX or not 0 < height_px <= SIDE_PX_MAX:
        return None
    return {"width_px": width_px, "height_px": height_px}, found.end()


def _aspect(clause: str) -> Taken:
    word = _WORD.match(clause)
    if word and word[0].lower() in ASPECT_WORDS:
        return {"aspect": ASPECT_WORDS[word[0].lower()]}, word.end()
    found = _ASPECT.match(clause)
    if not found or not 0.1 <= int(found[1]) / max(1, int(found[2])) <= 10 or int(found[2]) == 0:
        return None
    return {"aspect": (int(found[1]), int(found[2]))}, found.end()


def _number(name: str, kind: type[int] | type[float], *, most: float) -> Callable[[str], Taken]:
    def read(clause: str) -> Taken:
        found = _NUMBER.match(clause)
        if not found or (kind is int and "." in found[0]) or len(found[0]) > 12 or float(found[0]) > most:
            return None
        return {name: kind(found[0])}, found.end()

    return read


def _sampler(clause: str) -> Taken:
    """Takes `k_euler_a`, and `Euler a` for it."""
    words = re.match(r"[\w+]+(?:[ -](?:a|sde|2|fast|adaptive|2m|2s)\b)*", clause)
    if not words:
        return None
    said = re.sub(r"[ -]+", "_", words[0].lower().replace("+", "p"))
    for name in SAMPLERS:
        if name.lower() in {said, f"k_{said}"}:
            return {"sampler": name}, words.end()
    return None


def _flag(name: str) -> Callable[[str], Taken]:
    def read(clause: str) -> Taken:
        word = _WORD.match(clause)
        said = word[0].lower() if word else ""
        if said not in YES | NO:
            return None
        return {name: said in YES}, len(said)

    return read


def _share(name: str) -> Callable[[str], Taken]:
    """Takes `0.6` and `60%`."""

    def read(clause: str) -> Taken:
        found = _SHARE.match(clause)
        if not found:
            return None
        value = float(found[1]) / (100 if found[2] else 1)
        return ({name: value}, found.end()) if 0 < value <= 1 else None

    return read


def loras_of(clause: str) -> tuple[list[Lora], int]:
    """Returns the LoRAs that a list begins with (`123:0.8, v456, Some Name:0.5`) and how much of it they take.

    A number ends where it ends: what follows it, but for a comma, belongs to the prompt.
    """
    found: list[Lora] = []
    at = used = 0
    while True:
        at += len(clause[at:]) - len(clause[at:].lstrip())
        one = _LORA_NUMBER.match(clause, at) or _LORA_NAME.match(clause, at)
        if one is None:
            return found, used
        *marks, name, weight = one.groups()
        lora = Lora(name=name.strip(), weight=float(weight) if weight else 1.0, is_version=bool(marks and marks[0]))
        found.append(lora)
        used = one.end()
        comma = re.compile(r"[ \t]*,").match(clause, used)
        if comma is None:
            return found, used
        at = comma.end()


READERS: Final[Mapping[str, Callable[[str], Taken]]] = {
    "size": _size,
    "aspect": _aspect,
    "seed": _number("seed", int, most=SEED_MAX),
    "n": _number("n", int, most=1_000),
    "steps": _number("steps", int, most=10_000),
    "cfg": _number("cfg_scale", float, most=1_000),
    "sampler": _sampler,
    "strength": _share("strength"),
    "tokens": _number("tokens", int, most=100_000),
    "temperature": _number("temperature", float, most=5),
    "private": _flag("private"),
    "spoiler": _flag("spoiler"),
    "nsfw": _flag("nsfw"),
}
EXAMPLES: Final = {
    "size": "size: 512x768",
    "aspect": "aspect: 16:9",
    "seed": "seed: 42",
    "n": "n: 2",
    "steps": "steps: 30",
    "cfg": "cfg: 7.5",
    "sampler": "sampler: k_euler_a",
    "lora": "lora: 12345:0.8",
    "strength": "strength: 0.6",
    "tokens": "tokens: 200",
    "temperature": "temperature: 0.7",
    "private": "private: yes",
    "spoiler": "spoiler: yes",
    "nsfw": "nsfw: no",
}
