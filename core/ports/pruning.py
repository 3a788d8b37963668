"""Pruning in the store: what is old enough that nobody needs it any more."""

from collections.abc import Sequence
from typing import Protocol

from core.domain.ids import RequestId


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
