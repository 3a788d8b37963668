"""What a tip may be, and which emoji is worth how much where."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.kudos.ledger import MK_PER_KUDOS

_VARIATION = "\ufe0f"
"""Says that a sign is meant as an emoji; some platforms send it along, some do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TipRules:
    """What an operator has settled. marks: (platform, or "" for all, and emoji) to millikudos.

    undo_s: so long a tip can be taken back. least_mk and most_mk: of a tip that is said with its amount.
    """

    marks: Mapping[tuple[str, str], int] = field(default_factory=dict)
    least_mk: int = MK_PER_KUDOS
    most_mk: int = 1_000 * MK_PER_KUDOS
    undo_s: int = 60

    def worth_mk(self, platform: str, mark: str) -> int:
        """Returns what the emoji gives on the platform, 0 for nothing."""
        mark = _plain(mark)
        return self.marks.get((platform, mark), self.marks.get(("", mark), 0))

    def spoken_mk(self, words: str) -> int | None:
        """Returns the amount that the words of `tip` name, None where it is none or out of bounds."""
        digits = words.replace("_", "").replace(",", "")
        try:
            amount_mk = round(float(digits) * MK_PER_KUDOS)
        except (ValueError, OverflowError):
            return None
        return amount_mk if self.least_mk <= amount_mk <= self.most_mk else None


def marks_of(emoji: Mapping[str, float]) -> dict[tuple[str, str], int]:
    """Returns the marks of settings such as `{"💎": 10, "discord:1234567890": 5}`."""
    found = {}
    for name, amount in emoji.items():
        platform, colon, mark = name.partition(":")
        key = (platform, _plain(mark)) if colon else ("", _plain(name))
        found[key] = round(amount * MK_PER_KUDOS)
    return found


def _plain(mark: str) -> str:
    return mark.replace(_VARIATION, "").strip(":")
