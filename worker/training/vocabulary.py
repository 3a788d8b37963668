"""The names that the tiny model knows, because every stage of the training and the score count in the same order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

CAPTIONS_PATH: Final = Path(__file__).with_name("captions.json")

COLOURS: Final = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black")
"""The colour words, in the order of the colour classes 1 to 9; class 0 is "no colour asked"."""

_COLOUR_WORDS: Final = frozenset({*COLOURS, "white", "golden", "gold", "silver", "rainbow"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyph:
    """One picture of the set with the words that ask for it.

    Attributes:
        char: the emoji, one code point.
        name: its official English name.
        also: everyday names that this glyph alone owns.
        keywords: further words that occur once in the set.
        mirror: whether a mirrored copy still shows the same thing.
    """

    char: str
    name: str
    also: tuple[str, ...]
    keywords: tuple[str, ...]
    mirror: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The official name and the everyday names, lower case, the shortest first among equals."""
        return tuple(dict.fromkeys(plain(word) for word in (self.name, *self.also)))

    @property
    def bare_names(self) -> tuple[str, ...]:
        """The names in which no colour is mentioned, so that a colour may be put before them."""
        return tuple(name for name in self.names if not set(name.split()) & _COLOUR_WORDS)


def plain(word: str) -> str:
    """The lower-case form that captions use: typographic apostrophes and hyphens gone, accents kept out."""
    return word.lower().replace("’", "'").replace("-", " ").replace("ñ", "n").strip()


@lru_cache(maxsize=1)
def load_glyphs() -> tuple[Glyph, ...]:
    """All glyphs in their fixed order.

    Raises:
        ValueError: a name or everyday name has two owners.
    """
    with CAPTIONS_PATH.open(encoding="utf-8") as file:
        entries = json.load(file)["glyphs"]
    glyphs = tuple(
        Glyph(
            char=entry["char"],
            name=entry["name"],
            also=tuple(entry["also"]),
            keywords=tuple(entry["keywords"]),
            mirror=entry.get("mirror", True),
        )
        for entry in entries
    )
    owners: dict[str, str] = {}
    for glyph in glyphs:
        for word in glyph.names:
            owner = owners.setdefault(word, glyph.name)
            if owner != glyph.name:
                message = f"{word!r} is owned by both {owner!r} and {glyph.name!r}"
                raise ValueError(message)
    return glyphs


def glyph_index(name: str) -> int:
    """The place of an official or everyday name in the set.

    Raises:
        KeyError: nobody owns the name.
    """
    wanted = plain(name)
    for index, glyph in enumerate(load_glyphs()):
        if wanted in glyph.names:
            return index
    raise KeyError(name)


def colour_choices(glyphs: tuple[Glyph, ...]) -> tuple[tuple[int, ...], ...]:
    """For each glyph the colours (1 + place in `COLOURS`) that a hue-shifted copy may have.

    Nothing is recoloured into what another glyph owns by name: "a blue heart" is the blue heart's own picture.
    """
    owned = {name: index for index, glyph in enumerate(glyphs) for name in glyph.names}
    choices = []
    for index, glyph in enumerate(glyphs):
        free = [
            1 + place
            for place, colour in enumerate(COLOURS)
            if glyph.bare_names and all(owned.get(f"{colour} {name}", index) == index for name in glyph.bare_names)
        ]
        choices.append(tuple(free))
    return tuple(choices)
