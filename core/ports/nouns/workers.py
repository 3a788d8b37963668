"""Workers, what is said to them, and teams in the store, to read and to write."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.domain.ids import AccountId, WorkerId
from core.domain.queue.lanes import Lane
from core.domain.workers.message import MessageId, WorkerMessage
from core.domain.workers.offer import WorkerOffer
from core.domain.workers.suspicion import SuspicionReason
from core.domain.workers.team import Team, TeamId, TeamShare
from core.domain.workers.worker import Known, Worker


class WorkerReads(Protocol):
    """Workers, to read; one that was removed is not there."""

    def get(self, worker_id: WorkerId) -> Worker | None:
        """Return the worker."""
        ...

    def by_name(self, name: str) -> Worker | None:
        """Return the worker of this name."""
        ...

    def known(self, name: str, *, now_ms: int) -> Known | None:
        """Return the worker of this name with all that a pop needs to know of it, in one statement."""
        ...

    def online(self, since_ms: int) -> Sequence[Worker]:
        """Return the workers that were seen since then."""
        ...

    def fitting(self, lanes: Sequence[Lane], *, since_ms: int) -> Sequence[Worker]:
        """Return the workers that were seen since then and may take jobs of one of the lanes."""
        ...

    def of_owner(self, account_id: AccountId) -> Sequence[Worker]:
        """Return the account's workers, the oldest first."""
        ...

    def count_of(self, account_id: AccountId) -> int:
        """Return how many workers the account has."""
        ...

    def owed(self, *, limit: int) -> Sequence[Worker]:
        """Return workers that have ten minutes of uptime or more that were not paid yet."""
        ...

    def suspicions(self, worker_id: WorkerId) -> Sequence[tuple[SuspicionReason, int]]:
        """Return (reason, at_ms) of what is held against the worker, the oldest first."""
        ...

    def suspicion_counts(self, worker_ids: Sequence[WorkerId]) -> Mapping[WorkerId, int]:
        """Return how much is held against each of the workers against which anything is."""
        ...

    def people_named(self, handles: Sequence[tuple[str, AccountId]], *, now_ms: int) -> tuple[AccountId, ...]:
        """Return the accounts among these that have both this name and this number, at most a minute old."""
        ...


class WorkerStore(WorkerReads, Protocol):
    """Workers, to write."""

    def add(self, offer: WorkerOffer, *, worker_id: WorkerId, now_ms: int) -> bool:
        """Register a worker; return False where the name has been taken meanwhile."""
        ...

    def seen(self, worker_id: WorkerId, *, offer: WorkerOffer, now_ms: int) -> None:
        """Note what the worker offers now, and its uptime since it was last seen."""
        ...

    def worked(self, worker_id: WorkerId, *, things: int, job_ms: int, reward_mk: int, now_ms: int) -> None:
        """Count a finished job, smooth its time and speed, and note the uptime."""
        ...

    def faulted(self, worker_id: WorkerId, *, hour: int) -> int:
        """Count a job that it took and did not make; return how many those were in this hour."""
        ...

    def amend(
        self,
        worker_id: WorkerId,
        *,
        name: str | None = None,
        about: str | None = None,
        maintenance: bool | None = None,
        maintenance_message: str | None = None,
        paused: bool | None = None,
        jobs_aborted: int | None = None,
    ) -> bool:
        """Write what is not None; return False where another worker has the name."""
        ...

    def archive(self, worker_id: WorkerId, *, now_ms: int) -> None:
        """Have the worker be gone, its name free and its past kept."""
        ...

    def rewarded(self, worker: Worker, *, amount_mk: int, uptime_ms: int) -> bool:
        """Note that so much more of its uptime is paid; return False where that was done meanwhile."""
        ...

    def suspect(self, worker_id: WorkerId, reason: SuspicionReason, *, now_ms: int) -> None:
        """Hold something against the worker."""
        ...

    def forgive(self, worker_id: WorkerId) -> None:
        """Hold nothing against the worker any more."""
        ...


class TeamReads(Protocol):
    """Teams, to read."""

    def get(self, team_id: TeamId) -> Team | None:
        """Return the team."""
        ...

    def by_name(self, name: str) -> Team | None:
        """Return the team of this name."""
        ...

    def every(self, *, limit: int) -> Sequence[Team]:
        """Return the teams, those that did most first."""
        ...

    def workers(self, team_id: TeamId, *, limit: int) -> Sequence[Worker]:
        """Return the team's workers, the oldest first."""
        ...

    def every_worker(self, *, limit: int) -> Mapping[TeamId, Sequence[Worker]]:
        """Return the workers of all teams, each team's oldest first, at most so many in all."""
        ...

    def members(self, team_id: TeamId, *, since_ms: int, limit: int, now_ms: int) -> tuple[AccountId, ...]:
        """Return its maker and the owners of its workers that were seen since then, at most ten seconds old."""
        ...

    def behind(self, *, limit: int) -> Sequence[TeamShare]:
        """Return what workers have done since their team last took it in."""
        ...

    def share_of(self, worker_id: WorkerId) -> TeamShare | None:
        """Return what this worker has done since its team last took it in."""
        ...


class TeamStore(TeamReads, Protocol):
    """Teams, to write."""

    def add(self, team: Team) -> bool:
        """Write a new team; return False where another has the name."""
        ...

    def amend(self, team_id: TeamId, *, name: str | None = None, about: str | None = None) -> bool:
        """Write what is not None; return False where another team has the name."""
        ...

    def remove(self, team_id: TeamId) -> None:
        """Delete the team; its workers are in none then."""
        ...

    def join(self, worker: Worker, team_id: TeamId, *, now_ms: int) -> None:
        """Put a worker that is in no team into this one; what it did before is not the team's."""
        ...

    def leave(self, worker_id: WorkerId, *, team_id: TeamId) -> None:
        """Take the worker out of this team."""
        ...

    def take_in(self, share: TeamShare) -> None:
        """Add what a worker has done to its team, unless that was done meanwhile."""
        ...


class MessageReads(Protocol):
    """Messages to workers, to read."""

    def get(self, message_id: MessageId) -> WorkerMessage | None:
        """Return the message."""
        ...

    def in_force(self, *, worker_id: WorkerId, account_id: AccountId, now_ms: int) -> Sequence[WorkerMessage]:
        """Return what this worker of this account is to be told now, the oldest first."""
        ...

    def listed(
        self,
        *,
        worker_id: WorkerId | None,
        account_id: AccountId | None,
        from_ms: int,
        to_ms: int,
        limit: int,
        offset: int = 0,
        to_all: bool = False,
    ) -> Sequence[WorkerMessage]:
        """Return messages that expire from ``from_ms`` on and before ``to_ms``, the newest first.

        worker_id: only those to this very worker. account_id: only those to this account's workers, one or all, and
        (``to_all``) those to every worker.
        """
        ...


class MessageStore(MessageReads, Protocol):
    """Messages to workers, to write."""

    def add(self, message: WorkerMessage) -> None:
        """Write a message."""
        ...

    def remove(self, message_id: MessageId) -> None:
        """Delete the message."""
        ...

    def prune(self, before_ms: int) -> int:
        """Delete messages that expired before this time; return how many those were."""
        ...
