"""Known names as people write them, whatever the case, spaces and dashes; and the nearest to an unknown one."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Final

_BETWEEN: Final = frozenset(" \t_-‐‑‒–—−")
_APOSTROPHES: Final = str.maketrans({"’": "'", "‘": "'", "`": "'"})
_WORDS_MAX: Final = 5


class Names:
    """An index of known names (styles and categories, say)."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_key: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            self._by_key.setdefault(_key(name)[0], []).append(name)
        self._longest = max((len(key) for key in self._by_key), default=0)
        self._pairs = [(name, _pairs(key)) for key, same in self._by_key.items() for name in same]

    def prefix(self, text: str) -> tuple[str, int] | None:
        """Returns the longest known name that the text begins with and the number of characters it takes there."""
        key, ends = _key(text[: self._longest * 4])
        for length in range(min(len(key), self._longest), 0, -1):
            same = self._by_key.get(key[:length])
            end = ends[length - 1]
            if same and _is_border(text, end):
                # "line art" and "lineart" may be two names: the one that is written the same wins.
                written = text[:end].casefold()
                return next((name for name in same if name.casefold() == written), same[0]), end
        return None

    def nearest(self, text: str, *, count: int = 3) -> tuple[str, ...]:
        """Returns the known names most like the text, or like its first words; the most alike first."""
        words = text.split()[:_WORDS_MAX]
        tried = [_pairs(_key(" ".join(words[:length]))[0]) for length in range(1, len(words) + 1)]
        scored = [(max((_likeness(pairs, one) for one in tried), default=0.0), name) for name, pairs in self._pairs]
        scored.sort(key=lambda one: (-one[0], one[1]))
        return tuple(name for _, name in scored[:count])


def _key(text: str) -> tuple[str, list[int]]:
    """Returns the text as it is compared, and for each character of that where its source ends in the text."""
    letters: list[str] = []
    ends: list[int] = []
    for place, character in enumerate(text.translate(_APOSTROPHES)):
        for letter in unicodedata.normalize("NFKC", character).casefold():
            if letter not in _BETWEEN:
                letters.append(letter)
                ends.append(place + 1)
    return "".join(letters), ends


def _is_border(text: str, end: int) -> bool:
    return end >= len(text) or not text[end].isalnum() or not text[end - 1].isalnum()


def _pairs(key: str) -> Counter[str]:
    padded = f"^{key}$"
    return Counter(padded[place : place + 2] for place in range(len(padded) - 1))


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """Dice's coefficient over pairs of letters: 1 for the same, 0 for nothing in common."""
    both = sum((one & other).values())
    return 2 * both / (one.total() + other.total())
