"""Statistics in the store, and the pruning of what ended long ago."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.domain.ids import RequestId
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

    def in_work(self) -> Mapping[Kind, int]:
        """Return how many jobs of each kind workers have in their hands now."""
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


class PruningReads(Protocol):
    """What could be pruned, to read."""

    def requests(self, *, before_ms: int, limit: int) -> Sequence[tuple[RequestId, int]]:
        """Return (request, ended_at_ms) of requests that ended before then, oldest first, and can be forgotten.

        Not those of which events are still kept (a reader may need them), nor those whose hold is still pending.
        """
        ...

    def horizon(self) -> int:
        """Return when the youngest request that was forgotten had ended, 0 if none ever was."""
        ...


class PruningStore(PruningReads, Protocol):
    """What is pruned, to write. The journal is never touched."""

    def forget(self, request_ids: Sequence[RequestId], *, ended_at_ms: int) -> int:
        """Delete these requests with jobs, leases, results, verdicts and holds; note the horizon; return how many.

        Holds on a shared key stay. ended_at_ms: when the youngest of them had ended.
        """
        ...

    def forget_incidents(self, *, before_ms: int, limit: int) -> int:
        """Delete the oldest incidents, if they are from before then, and return how many."""
        ...

    def forget_readers(self, *, before_ms: int) -> Sequence[str]:
        """Delete the cursors of readers that left events from before then unread and have not moved since.

        Return the readers' names.
        """
        ...
