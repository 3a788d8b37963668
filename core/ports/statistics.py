"""Statistics in the store."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.domain.kinds.kind import Kind
from core.domain.statistics import Bucket, Crowd, Period, Tally


class StatisticsReads(Protocol):
    """Statistics, to read."""

    def sums(self, period: Period, *, kind: Kind, since_ms: int, before_ms: int | None = None) -> Tally:
        """Return what was done of a kind in the buckets that began since then, all models together."""
        ...

    def by_model(self, period: Period, *, kind: Kind, since_ms: int) -> Mapping[str, Tally]:
        """Return what was done of a kind in the buckets that began since then, a model; ``REST`` is one of them."""
        ...

    def history(self, period: Period, *, kind: Kind, since_ms: int) -> Mapping[int, Tally]:
        """Return what was done of a kind in each bucket that began since then, by its start, oldest first."""
        ...

    def crowds(self, *, since_ms: int) -> Sequence[Crowd]:
        """Return who was there in each minute since then, oldest first."""
        ...

    def balances(self) -> tuple[int, int]:
        """Return (posted, held) of all accounts that have balance rows together, in millikudos."""
        ...


class StatisticsStore(StatisticsReads, Protocol):
    """Statistics, to write."""

    def add(self, done: Mapping[Bucket, Tally]) -> None:
        """Add to the buckets; one that has too many models then keeps the largest, the others become ``REST``."""
        ...

    def note_crowd(self, crowd: Crowd) -> None:
        """Write who is there in this minute; the same minute again replaces it."""
        ...

    def prune(self, *, now_ms: int) -> int:
        """Delete buckets and crowds past the time that their period is kept and return how many rows those were."""
        ...
