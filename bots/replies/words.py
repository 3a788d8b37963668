"""Amounts and prompts as people read them."""

from typing import Final

from core.domain.kudos.ledger import MK_PER_KUDOS

PROMPT_SHOWN_CHARS: Final = 280


def kudos(amount_mk: int) -> str:
    """Returns an amount as people read it, exact to a hundredth: `3.2 kudos`, `-1 kudos`."""
    sign = "-" if amount_mk < 0 else ""
    whole, rest = divmod(abs(amount_mk), MK_PER_KUDOS)
    digits = f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
    return f"{sign}{digits} kudos"


def shown(prompt: str, *, chars_max: int = PROMPT_SHOWN_CHARS) -> str:
    """Returns the prompt, cut with an ellipsis where it is longer than that."""
    return prompt if len(prompt) <= chars_max else f"{prompt[: chars_max - 1].rstrip()}…"
