"""Filters: patterns that moderators keep in the database, and what they make of a prompt together."""

from dataclasses import dataclass
from typing import Final

from core.domain.errors import InvalidRequest
from core.domain.ids import AccountId

TYPE_MIN: Final = 10
TYPE_MAX: Final = 29
PATTERN_CHARS_MAX: Final = 1_000
ABOUT_CHARS_MAX: Final = 1_000
REPLACEMENT_CHARS_MAX: Final = 200
FILTERS_MAX: Final = 1_000
REPLACED_TYPE: Final = 10
"""What a filter of this type finds may be replaced instead of refused."""
GROUPS: Final = ((10, 11), (20,))
"""The types that count, group by group: a prompt has one point for each group of which a filter finds something."""
SCORE_REFUSED: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A pattern as a moderator keeps it. replacement: what takes the place of what it finds, empty for nothing."""

    id: str
    pattern: str
    type: int
    about: str = ""
    replacement: str = ""
    account_id: AccountId
    author: str = ""
    made_at_ms: int = 0


def check_filter(one: Filter) -> None:
    """Return if the filter is within its limits, else raise ``InvalidRequest``; its pattern is tried elsewhere."""
    if not TYPE_MIN <= one.type <= TYPE_MAX:
        message = f"The filter_type {one.type} is none: give {TYPE_MIN} to {TYPE_MAX}."
        raise InvalidRequest(message, field="filter_type", limit=TYPE_MAX, value=one.type)
    for field, text, least, most in (
        ("regex", one.pattern, 1, PATTERN_CHARS_MAX),
        ("description", one.about, 0, ABOUT_CHARS_MAX),
        ("replacement", one.replacement, 0, REPLACEMENT_CHARS_MAX),
    ):
        if not least <= len(text) <= most:
            message = f"{field} has {len(text)} characters; {least} to {most} are taken. Change it."
            raise InvalidRequest(message, field=field, limit=most, value=len(text))
