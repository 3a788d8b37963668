"""Makes up the captions of training pictures: many wordings of one thing, as people and image prompts word it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from worker.training.pictures import Picture, Placed
from worker.training.vocabulary import COLOURS, Glyph, plain

FILLERS_PATH: Final = Path(__file__).with_name("fillers.json")

_ARTICLES: Final = ("a", "a", "a", "the", "my", "one", "some", "this", "your", "")
_PAIRS: Final = (
    "{a} next to {b}",
    "{a} next to {b}",
    "{a} beside {b}",
    "{a} and {b}",
    "{a} with {b}",
    "{a} together with {b}",
    "{a} near {b}",
    "{a} to the left of {b}",
    "{b} to the right of {a}",
    "{a} on the left and {b} on the right",
    "{a} side by side with {b}",
    "{a} plus {b}",
)
_ASIDES: Final = ("on", "in", "under", "on top of", "at", "by", "wearing", "holding", "inside", "in front of", "behind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fillers:
    """The words around the things."""

    openings: tuple[str, ...]
    endings: tuple[str, ...]
    styles: tuple[str, ...]
    negatives: tuple[str, ...]
    adjectives: tuple[str, ...]
    words: tuple[str, ...]


@lru_cache(maxsize=1)
def load_fillers() -> Fillers:
    """All filler words and phrases, none of which names a thing of the set by itself."""
    with FILLERS_PATH.open(encoding="utf-8") as file:
        lists = json.load(file)
    return Fillers(**{name: tuple(words) for name, words in lists.items() if not name.startswith("_")})


def plural(word: str) -> str:
    """The regular English plural."""
    if word.endswith("s"):
        return word
    if word.endswith(("ch", "sh", "x", "z")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return word[:-1] + "ies"
    return word + "s"


class Captioner:
    """Words pictures at random.

    Args:
        glyphs: the set.
        rng: the source of every choice.
    """

    def __init__(self, glyphs: tuple[Glyph, ...], rng: np.random.Generator) -> None:
        self._rng = rng
        self._fillers = load_fillers()
        self._names = [plain(glyph.name) for glyph in glyphs]
        self._also = [glyph.names[1:] for glyph in glyphs]
        self._bare = [glyph.bare_names for glyph in glyphs]
        self._keywords = [tuple(plain(word) for word in glyph.keywords) for glyph in glyphs]

    def caption(self, picture: Picture) -> str:
        """One wording of the picture; never empty."""
        if len(picture.things) > 1:
            return self._finish(self._wrap(self._pair(*picture.things)))
        thing = picture.things[0]
        if not thing.colour and self._chance(0.12):
            return self._finish(self._noun(thing.glyph))
        return self._finish(self._wrap(self._single(thing)))

    def nothing(self) -> str:
        """Words that name no thing of the set, such as those of a negative prompt; empty one time in four."""
        if self._chance(0.25):
            return ""
        source = self._fillers.negatives if self._chance(0.6) else self._fillers.words
        separator = ", " if self._chance(0.6) else " "
        return self._finish(separator.join(self._some(source, 1, 8)))

    def _single(self, thing: Placed) -> str:
        phrase = self._phrase(thing)
        if self._chance(0.06):
            phrase += f" {self._one(_ASIDES)} {self._article()} {self._noun(self._other(thing.glyph))}"
        elif self._chance(0.07):
            phrase += self._one((", ", " ", " - ")) + self._noun(thing.glyph)
        return phrase

    def _pair(self, left: Placed, right: Placed) -> str:
        return self._one(_PAIRS).format(a=self._phrase(left), b=self._phrase(right))

    def _phrase(self, thing: Placed) -> str:
        """A noun phrase: article, adjectives, colour, noun."""
        noun = self._one(self._bare[thing.glyph]) if thing.colour else self._noun(thing.glyph)
        if self._chance(0.07):
            noun = plural(noun)
        words = self._some(self._fillers.adjectives, 1, 2) if self._chance(0.25) else []
        if thing.colour:
            colour = COLOURS[thing.colour - 1]
            style = self._rng.random()
            if style < 0.75:
                words = [*words, colour, noun] if self._chance(0.85) else [colour, *words, noun]
            elif style < 0.85:
                words = [*words, colour, self._one(("coloured", "colored")), noun]
            else:
                words = [*words, noun, self._one(("that is", "in", "painted", "which is", "coloured")), colour]
        else:
            words = [*words, noun]
        return f"{self._article()} {' '.join(words)}".strip()

    def _noun(self, glyph: int) -> str:
        """One of the words that ask for the glyph: names mostly, keywords now and then."""
        draw = self._rng.random()
        if self._keywords[glyph] and draw < 0.18:
            return self._one(self._keywords[glyph])
        if self._also[glyph] and draw < 0.66:
            return self._one(self._also[glyph])
        return self._names[glyph]

    def _wrap(self, phrase: str) -> str:
        """The phrase among other words: opening, ending, styles or random words."""
        draw = self._rng.random()
        fillers = self._fillers
        if draw < 0.22:
            return phrase
        if draw < 0.58:
            opening = self._one(fillers.openings) if self._chance(0.75) else ""
            ending = self._one(fillers.endings) if self._chance(0.55) else ""
            if opening.endswith(" a") and self._chance(0.8):
                opening = opening[:-2]
            return f"{opening} {phrase} {ending}".strip()
        if draw < 0.78:
            tags = self._some(fillers.styles, 1, 4)
            place = int(self._rng.integers(len(tags) + 1)) if self._chance(0.35) else 0
            return ", ".join([*tags[:place], phrase, *tags[place:]])
        before = self._some(fillers.words, 0, 4)
        after = self._some(fillers.words, 0, 4)
        if self._chance(0.4):
            before.append(self._one(("of", "with", "for", "is", "as", "about", "like", "an")))
        if self._chance(0.4):
            after.insert(
                0, self._one(("on a", "in the", "at the", "under a", "near the", "for", "by", "from", "over", "that"))
            )
        return " ".join([*before, phrase, *after])

    def _finish(self, text: str) -> str:
        """Case, punctuation and now and then a typing slip."""
        words = text.split()
        if words and self._chance(0.04):
            place = int(self._rng.integers(len(words)))
            words[place] = self._slip(words[place])
        text = " ".join(words)
        case = self._rng.random()
        if case < 0.05:
            text = text.upper()
        elif case < 0.10:
            text = text.title()
        elif case < 0.25:
            text = text.capitalize()
        if self._chance(0.25):
            text += self._one(("!", ".", "!!", "?", "...", " :)", ",", " please!"))
        return text

    def _slip(self, word: str) -> str:
        """Two neighbouring letters swapped or one left out, in words of five letters and more."""
        if len(word) < 5:
            return word
        place = int(self._rng.integers(1, len(word) - 2))
        if self._chance(0.5):
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        return word[:place] + word[place + 1 :]

    def _other(self, glyph: int) -> int:
        draw = int(self._rng.integers(len(self._names) - 1))
        return draw + (draw >= glyph)

    def _article(self) -> str:
        return self._one(_ARTICLES)

    def _chance(self, share: float) -> bool:
        return bool(self._rng.random() < share)

    def _one(self, words: Sequence[str]) -> str:
        return words[int(self._rng.integers(len(words)))]

    def _some(self, words: Sequence[str], least: int, most: int) -> list[str]:
        return [self._one(words) for _ in range(int(self._rng.integers(least, most + 1)))]
