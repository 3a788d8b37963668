"""What this process has handed out lately, so that a result that comes soon needs no look at the database first."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from core.domain.ids import AccountId, JobId
from core.domain.jobs import Leased, LeaseView
from core.domain.kinds.kind import Kind

KEPT_MAX: Final = 4_096


@dataclass(slots=True)
class HandedOut:
    """The latest leases that went out from here: a hint, never truth. Each is given once.

    Whoever goes by one must leave it to the use case whether the lease still stands, and must look again before a
    worker is told what is wrong with its result.
    """

    _views: dict[JobId, LeaseView] = field(default_factory=dict)

    def note(self, jobs: Iterable[Leased]) -> None:
        """Keep what has just been popped; of too many the oldest is forgotten."""
        for job in jobs:
            self._views.pop(job.job_id, None)
            self._views[job.job_id] = job
            if len(self._views) > KEPT_MAX:
                del self._views[next(iter(self._views))]

    def take(self, job_id: JobId, *, owner_id: AccountId, kind: Kind, now_ms: int) -> LeaseView | None:
        """Return the lease as it was given to a worker of this owner, while it has not run out."""
        view = self._views.get(job_id)
        if view is None or view.owner_id != owner_id or view.kind is not kind or view.lease_expires_at_ms <= now_ms:
            return None
        return self._views.pop(job_id)
