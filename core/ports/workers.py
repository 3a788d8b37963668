"""Workers in the store, to read and to write."""

from collections.abc import Sequence
from typing import Protocol

from core.domain.ids import WorkerId
from core.domain.workers.offer import Worker, WorkerOffer


class WorkerReads(Protocol):
    """Workers, to read."""

    def get(self, worker_id: WorkerId) -> Worker | None:
        """Return the worker."""
        ...

    def by_name(self, name: str) -> Worker | None:
        """Return the worker of this name."""
        ...

    def online(self, since_ms: int) -> Sequence[Worker]:
        """Return the workers that were seen since then."""
        ...


class WorkerStore(WorkerReads, Protocol):
    """Workers, to write."""

    def add(self, offer: WorkerOffer, *, worker_id: WorkerId, now_ms: int) -> None:
        """Register a worker."""
        ...

    def seen(self, worker_id: WorkerId, *, offer: WorkerOffer, now_ms: int) -> None:
        """Note what the worker offers now."""
        ...

    def worked(self, worker_id: WorkerId, *, job_ms: int, reward_mk: int) -> None:
        """Count a finished job and smooth the time it took."""
        ...
