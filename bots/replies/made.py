"""What people are told about what the horde made, or could not make."""

from collections.abc import Sequence
from typing import Final

from bots.replies.words import kudos, shown

SPOILER: Final = "AI generated picture"
"""The content warning of those who ask for one."""


def pictures_made(
    *, prompt: str, style: str, seeds: Sequence[int], missing: int, price_mk: int, balance_mk: int
) -> str:
    """The reply beside finished pictures."""
    what = "Here is your picture" if len(seeds) == 1 else f"Here are your {len(seeds)} pictures"
    seed = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {', '.join(map(str, seeds))}"
    lost = (
        f"\n{missing} more could not be made; you did not pay for {'it' if missing == 1 else 'them'}."
        if missing
        else ""
    )
    return (
        f"{what}: “{shown(prompt)}”\nStyle {style} · {seed}\n"
        f"It cost {kudos(price_mk)}; you have {kudos(balance_mk)} now.{lost}"
    )


def showcased(*, prompt: str, style: str, requester: str) -> str:
    """The text of a showcase post."""
    return f"“{shown(prompt)}” · style {style} · asked by {requester}"


def alt_text(prompt: str, *, chars_max: int) -> str:
    """What a picture shows, for those who cannot see it, within the platform's limit."""
    return shown(f"AI generated picture: {prompt}", chars_max=chars_max)


def censored() -> str:
    """Every picture was held back by the safety check of the worker."""
    return (
        "The picture was made, but the safety check held it back as not safe for work. "
        "Word the prompt more harmlessly, or try another seed."
    )


def nothing_made(*, expired: bool, price_mk: int, balance_mk: int) -> str:
    """The horde could not make any of it."""
    why = (
        "No worker took your request in time: the horde is too busy, or nobody serves this style's model now."
        if expired
        else "The workers that took your request could not make it."
    )
    return (
        f"{why} Your {kudos(price_mk)} were given back; you have {kudos(balance_mk)}. "
        "Say “again” to try once more, or choose another style."
    )
