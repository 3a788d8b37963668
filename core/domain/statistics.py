"""Statistics: what was done in which minute, hour, day and month, and how long it had waited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from core.domain.kinds.kind import Kind

_SECOND_MS: Final = 1_000
_MINUTE_MS: Final = 60 * _SECOND_MS
_HOUR_MS: Final = 60 * _MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS

WAIT_BOUNDS_S: Final = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200)
"""The upper bounds of the waits' classes, in seconds; one more class holds what waited longer."""
MODELS_KEPT: Final = 100
"""So many models a bucket and kind keep rows of their own; see ``models_max``."""
MODELS_MAX: Final = 2 * MODELS_KEPT
"""With more models than this in a bucket the smallest are added to ``REST``, down to ``MODELS_KEPT``."""
REST: Final = ""
"""The model of what has none: the smallest models of a full bucket together, and how requests ended."""


class Period(StrEnum):
    """The lengths of buckets; ``TOTAL`` is one bucket for ever."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    TOTAL = "total"


KEPT_MS: Final[Mapping[Period, int]] = {
    Period.MINUTE: 2 * _HOUR_MS,
    Period.HOUR: 2 * _DAY_MS,
    Period.DAY: 62 * _DAY_MS,
}
"""How long the buckets of a period are kept; the others are kept for ever."""


def start_of(period: Period, at_ms: int) -> int:
    """Return when the period's bucket began that holds this moment: UTC, 0 for ``TOTAL``."""
    if period is Period.TOTAL:
        return 0
    if period is Period.MONTH:
        day = datetime.fromtimestamp(at_ms / 1_000, UTC)
        return round(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()) * 1_000
    length_ms = {Period.MINUTE: _MINUTE_MS, Period.HOUR: _HOUR_MS, Period.DAY: _DAY_MS}[period]
    return at_ms - at_ms % length_ms


def wait_class(waited_ms: int) -> int:
    """Return the class of a wait: its number in ``WAIT_BOUNDS_S``, or the one behind the last."""
    return next((i for i, bound in enumerate(WAIT_BOUNDS_S) if waited_ms <= bound * 1_000), len(WAIT_BOUNDS_S))


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Bucket:
    """One row of the statistics: a stretch of time, a kind of work and a model (or ``REST``)."""

    period: Period
    start_ms: int
    kind: Kind
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was done, in sums.

    things: pixel-steps, tokens or forms. waited_ms: from asking to the pop, worked_ms: from the pop to the submit, of
    all jobs together. requests: that came to their end; faulted, cancelled, expired: their jobs that nobody finished.
    waits: the number of jobs in each class of ``wait_class``.
    """

    jobs: int = 0
    things: int = 0
    price_mk: int = 0
    reward_mk: int = 0
    waited_ms: int = 0
    worked_ms: int = 0
    requests: int = 0
    faulted: int = 0
    cancelled: int = 0
    expired: int = 0
    waits: tuple[int, ...] = field(default=(0,) * (len(WAIT_BOUNDS_S) + 1))

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            jobs=self.jobs + other.jobs,
            things=self.things + other.things,
            price_mk=self.price_mk + other.price_mk,
            reward_mk=self.reward_mk + other.reward_mk,
            waited_ms=self.waited_ms + other.waited_ms,
            worked_ms=self.worked_ms + other.worked_ms,
            requests=self.requests + other.requests,
            faulted=self.faulted + other.faulted,
            cancelled=self.cancelled + other.cancelled,
            expired=self.expired + other.expired,
            waits=tuple(a + b for a, b in zip(self.waits, other.waits, strict=True)),
        )

    def wait_s(self, share: float) -> int | None:
        """Return the bound below which this share of the jobs had waited, in seconds.

        None where nothing was done, or where that many waited longer than the last bound.
        """
        wanted, seen = share * sum(self.waits), 0
        if not wanted:
            return None
        for bound, count in zip(WAIT_BOUNDS_S, self.waits, strict=False):
            seen += count
            if seen >= wanted:
                return bound
        return None


def one_wait(waited_ms: int) -> tuple[int, ...]:
    """Return the classes of waits with this one in them."""
    here = wait_class(waited_ms)
    return tuple(int(i == here) for i in range(len(WAIT_BOUNDS_S) + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What was done of one kind: in the last whole minute, and in the last hour, day, 30 days and ever."""

    minute: Tally
    hour: Tally
    day: Tally
    month: Tally
    total: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCounts:
    """Jobs done a model in the last day, in the last 30 days and ever, the busiest first."""

    day: Mapping[str, int]
    month: Mapping[str, int]
    total: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Who was there for one kind of work in a minute, and how many jobs waited and were in work."""

    minute_ms: int
    kind: Kind
    workers: int
    threads: int
    waiting: int
    processing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KindPerformance:
    """One kind of work now.

    waiting_things: a guess from the upper bounds of the lanes' classes. past_minute: things done in the last whole
    minute.
    """

    waiting: int
    waiting_things: int
    processing: int
    past_minute_things: int
    workers: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """The horde now, kind by kind."""

    kinds: Mapping[Kind, KindPerformance]


def smallest(tallies: Mapping[str, Tally]) -> Sequence[str]:
    """Return the models that have to go into ``REST``: none up to ``MODELS_MAX``, else all but ``MODELS_KEPT``."""
    named = [model for model in tallies if model != REST]
    if len(named) <= MODELS_MAX:
        return ()
    return sorted(named, key=lambda model: (-tallies[model].jobs, model))[MODELS_KEPT:]
