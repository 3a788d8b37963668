"""What someone wants of a party: their words become a plan, or the sentence that says what is wrong with them."""

import re
from dataclasses import dataclass
from typing import Final

from bots.names import Names
from core.domain.kudos.ledger import MK_PER_KUDOS

THEME_CHARS_MAX: Final = 80
WORDS_MAX: Final = 20
WORD_CHARS_MAX: Final = 40
AWARD_MAX: Final = 10_000
GUESTS_MAX: Final = 1_000
HOURS_MAX: Final = 168
_NUMBERS: Final = (("award", 0, AWARD_MAX, 0), ("guests", 1, GUESTS_MAX, 20), ("hours", 1, HOURS_MAX, 24))
"""Option, least, most, and what holds where it is left out."""
_OPTION = re.compile(r"(?<![\w-])(style|words?|award|guests|hours)[ \t]*[:=][ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A party that can be opened."""

    theme: str
    style: str = ""
    words: tuple[str, ...] = ()
    award_mk: int = 0
    guests_max: int = 20
    hours: int = 24

    @property
    def cost_mk(self) -> int:
        """What its opener sets aside for all guests."""
        return self.award_mk * self.guests_max


def plan_of(text: str, styles: Names) -> Plan | str:
    """Returns the plan, or what is wrong and how to write it.

    text: the theme, then any of `style: NAME`, `words: a, b`, `award: KUDOS`, `guests: N`, `hours: N`.
    """
    found = list(_OPTION.finditer(text))
    theme = _line(text[: found[0].start()] if found else text)
    given: dict[str, str] = {}
    for number, one in enumerate(found, start=1):
        stop = found[number].start() if number < len(found) else len(text)
        given["words" if one[1].lower() == "word" else one[1].lower()] = _line(text[one.end() : stop])
    if not theme:
        return "A party needs a theme: party Winter animals style: ocean award: 5 guests: 20 hours: 24"
    if len(theme) > THEME_CHARS_MAX:
        return f"The theme has {len(theme)} letters; {THEME_CHARS_MAX} are the most."
    style = given.get("style", "")
    known = styles.prefix(style) if style else None
    if style and known is None:
        nearest = ", ".join(f"“{name}”" for name in styles.nearest(style))
        return f"I do not know that style. The nearest are {nearest}; “styles” lists them all."
    words = tuple(word for word in map(_line, given.get("words", "").split(",")) if word)
    if len(words) > WORDS_MAX or any(len(word) > WORD_CHARS_MAX for word in words):
        return f"At most {WORDS_MAX} words of at most {WORD_CHARS_MAX} letters: words: fox, owl, deer"
    numbers = {}
    for key, least, most, usual in _NUMBERS:
        value = _number(given.get(key, str(usual)))
        if value is None or not least <= value <= most:
            return f"“{key}” is a whole number from {least} to {most}, such as {key}: {usual or 5}"
        numbers[key] = value
    return Plan(
        theme=theme,
        style=known[0] if known else "",
        words=words,
        award_mk=numbers["award"] * MK_PER_KUDOS,
        guests_max=numbers["guests"],
        hours=numbers["hours"],
    )


def _line(text: str) -> str:
    return " ".join(text.replace(";", " ").split()).strip(' ,."“”')


def _number(text: str) -> int | None:
    found = re.fullmatch(r"(\d{1,9})(?:\s*(?:kudos|people|guests|hours|h))?", text, re.IGNORECASE)
    return int(found[1]) if found else None
