"""Amounts, prompts and long texts as people read them."""

from typing import Final

from core.domain.kudos.ledger import MK_PER_KUDOS

PROMPT_SHOWN_CHARS: Final = 280
_WORD_CHARS: Final = 40
"""A part of a text may be so much shorter for ending between two words."""


def kudos(amount_mk: int) -> str:
    """Returns an amount as people read it, exact to a hundredth: `3.2 kudos`, `-1 kudos`."""
    sign = "-" if amount_mk < 0 else ""
    whole, rest = divmod(abs(amount_mk), MK_PER_KUDOS)
    digits = f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
    return f"{sign}{digits} kudos"


def shown(prompt: str, *, chars_max: int = PROMPT_SHOWN_CHARS) -> str:
    """Returns the prompt, cut with an ellipsis where it is longer than that."""
    return prompt if len(prompt) <= chars_max else f"{prompt[: chars_max - 1].rstrip()}…"


def price(price_mk: int, balance_mk: int | None) -> str:
    """Returns what something cost; the balance only where nobody else reads it, elsewhere it is None."""
    left = "" if balance_mk is None else f"; you have {kudos(balance_mk)} now"
    return f"It cost {kudos(price_mk)}{left}."


def part_of(text: str, *, start: int, chars_max: int) -> tuple[str, int]:
    """Returns the part of the text that begins at `start`, between two words if it can, and where the next begins."""
    rest = text[start:]
    if len(rest) <= chars_max:
        return rest.rstrip(), len(text)
    least = max(1, chars_max - _WORD_CHARS)
    blank = max(rest.rfind(" ", least, chars_max + 1), rest.rfind("\n", least, chars_max + 1))
    end = blank if blank > 0 else chars_max
    begin = start + end + (1 if blank > 0 else 0)
    return rest[:end].rstrip(), begin
