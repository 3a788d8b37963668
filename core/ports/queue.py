"""The queue's nouns in the store: requests, jobs and lanes, to read and to write."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.domain.ids import AccountId, JobId, LeaseId, RequestId, WorkerId
from core.domain.jobs import Candidate, Job, JobState, Lease, LeaseState, LeaseView, Outcome
from core.domain.kinds.kind import Kind
from core.domain.queue.lanes import Lane
from core.domain.queue.matching import Capability
from core.domain.requests import JobProgress, JobResult, Request, RequestState


class RequestReads(Protocol):
    """Requests and their results, to read."""

    def get(self, request_id: RequestId) -> Request | None:
        """Return the request."""
        ...

    def by_key(self, *, account_id: AccountId, idempotency_key: str) -> Request | None:
        """Return the request that this account made under this key."""
        ...

    def results(self, request_id: RequestId) -> Sequence[JobResult]:
        """Return the results there are, in the order of the jobs."""
        ...

    def past_expiry(self, now_ms: int, *, limit: int) -> Sequence[Request]:
        """Return open requests that are past their expiry and still have waiting jobs."""
        ...


class RequestStore(RequestReads, Protocol):
    """Requests and their results, to write."""

    def add(self, request: Request) -> None:
        """Write a new open request."""
        ...

    def mark_cancelled(self, request_id: RequestId, *, now_ms: int) -> None:
        """Note that its owner wants no more of it."""
        ...

    def close(self, request_id: RequestId, *, state: RequestState, now_ms: int) -> None:
        """Give the request its final state."""
        ...

    def add_result(self, view: LeaseView, outcome: Outcome, *, now_ms: int) -> None:
        """Write the one result of a job."""
        ...


class JobReads(Protocol):
    """Jobs and leases, to read."""

    def of_request(self, request_id: RequestId) -> Sequence[Job]:
        """Return the request's jobs in order."""
        ...

    def counts(self, request_id: RequestId) -> Mapping[JobState, int]:
        """Return how many of the request's jobs are in which state."""
        ...

    def waiting_of(self, account_id: AccountId, kind: Kind | None = None) -> int:
        """Return how many jobs, of one kind or all, the account has waiting."""
        ...

    def heads(
        self,
        lane_ids: Sequence[int],
        *,
        per_lane: int,
        limit: int,
        account_ids: Sequence[AccountId] | None = None,
        after: Mapping[int, tuple[int, JobId]] | None = None,
    ) -> Sequence[Candidate]:
        """Return the first ``per_lane`` waiting jobs of each lane, merged by due time, at most ``limit``.

        account_ids: only these accounts' jobs. after: for some lanes, only what comes after this (due_ms, job id).
        """
        ...

    def waiting_in(self, request_id: RequestId, *, limit: int) -> Sequence[Candidate]:
        """Return waiting jobs of one request in order."""
        ...

    def lease(self, lease_id: LeaseId) -> LeaseView | None:
        """Return the lease and its job."""
        ...

    def lease_of(self, job_id: JobId, *, owner_id: AccountId) -> LeaseView | None:
        """Return the job's present lease if a worker of this owner has it, else the owner's latest lease of it."""
        ...

    def active_leases(self, worker_id: WorkerId) -> Sequence[LeaseView]:
        """Return what the worker has in its hands."""
        ...

    def lapsed_leases(self, now_ms: int, *, limit: int) -> Sequence[LeaseView]:
        """Return active leases that are past their time, oldest first."""
        ...

    def progress_of(self, request_id: RequestId) -> Sequence[JobProgress]:
        """Return the request's jobs in work."""
        ...

    def ahead(self, request_id: RequestId, *, kind: Kind, limit: int) -> int:
        """Return how many waiting jobs of the kind are due before the request's first, counting to ``limit``."""
        ...

    def totals(self) -> Mapping[tuple[Kind, JobState], int]:
        """Return the number of waiting and of leased jobs a kind."""
        ...


class JobStore(JobReads, Protocol):
    """Jobs and leases, to write. Lanes that get waiting jobs are announced to held pops after the commit."""

    def add_all(self, jobs: Sequence[Job]) -> None:
        """Write waiting jobs."""
        ...

    def claim(self, candidate: Candidate, lease: Lease) -> Job | None:
        """Lease the job if it still waits, else return None."""
        ...

    def reclaim_for(self, view: LeaseView, *, expires_at_ms: int) -> bool:
        """Make an ended lease active again if its job still waits."""
        ...

    def renew(self, view: LeaseView, *, expires_at_ms: int, step: int, steps: int) -> None:
        """Note the progress and move the lease's end."""
        ...

    def end_lease(self, lease_id: LeaseId, *, state: LeaseState, now_ms: int) -> None:
        """Close a lease."""
        ...

    def move(self, job_id: JobId, *, to: JobState, now_ms: int, tried: bool = False) -> None:
        """Give a job its next state; ``tried`` counts one more try."""
        ...

    def move_waiting(self, request_id: RequestId, *, to: JobState, now_ms: int) -> int:
        """Give every waiting job of the request another state and return what those cost together (mk)."""
        ...


class LaneReads(Protocol):
    """Lanes, to read."""

    def get(self, lane_id: int) -> Lane | None:
        """Return the lane of this number."""
        ...

    def fitting(self, capability: Capability) -> tuple[Sequence[int], Sequence[int]]:
        """Return the lanes whose every job fits, and those whose jobs must be looked at one by one."""
        ...

    def waiting_by_lane(self, now_ms: int) -> Mapping[int, int]:
        """Return the number of waiting jobs a lane, at most a second old."""
        ...


class LaneStore(LaneReads, Protocol):
    """Lanes, to write, and where each worker's look at a lane stopped."""

    def id_of(self, lane: Lane) -> int:
        """Return the lane's number; it is made if it is new."""
        ...

    def mark(self, worker_id: WorkerId, lane_id: int) -> tuple[int, JobId] | None:
        """Return where this worker's look at the lane stopped, in memory only."""
        ...

    def set_mark(self, worker_id: WorkerId, lane_id: int, at: tuple[int, JobId] | None) -> None:
        """Remember where the look stopped, or that it begins anew."""
        ...
