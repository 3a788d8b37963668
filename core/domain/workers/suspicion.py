"""Suspicion: what is held against a worker, and how much of it pauses the worker."""

from enum import StrEnum
from typing import Final

from core.domain.ids import ANONYMOUS, AccountId


class SuspicionReason(StrEnum):
    """Why a worker is not believed."""

    UNREASONABLY_FAST = "unreasonably_fast"
    TOO_MANY_JOBS_ABORTED = "too_many_jobs_aborted"
    EXTREME_MAX_PIXELS = "extreme_max_pixels"


REPEATABLE: Final = frozenset({SuspicionReason.UNREASONABLY_FAST, SuspicionReason.TOO_MANY_JOBS_ABORTED})
"""Held against a worker each time; every other reason once."""


def is_above_suspicion(*, owner_id: AccountId, owner_trusted: bool) -> bool:
    """Tell whether nothing is ever held against this owner's workers: a trusted one's, and the anonymous one's."""
    return owner_trusted or owner_id == ANONYMOUS
