"""The queue's nouns in the store: requests, jobs and lanes, to read and to write."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.domain.ids import AccountId, JobId, LeaseId, RequestId, WorkerId
from core.domain.jobs import Candidate, Claimed, Job, JobState, Lease, LeaseState, LeaseView, Outcome
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

    def of_account(
        self, account_id: AccountId, *, before: tuple[int, RequestId] | None, limit: int
    ) -> Sequence[Request]:
        """Return an account's requests, the newest first; before: only those before this (asked_at_ms, id)."""
        ...

    def open_of(self, account_id: AccountId, *, since_ms: int, limit: int) -> Sequence[tuple[RequestId, Kind]]:
        """Return an account's open requests that were asked since then, the newest first."""
        ...

    def past_expiry(self, now_ms: int, *, limit: int) -> Sequence[Request]:
        """Return open requests that are past their expiry and still have waiting jobs."""
        ...


class RequestStore(RequestReads, Protocol):
    """Requests and their results, to write."""

    def take(self, request_id: RequestId) -> Request | None:
        """Return the request, whose jobs no other transaction ends or gives back until this one has ended.

        A pop may still claim waiting ones. Take several in the order of their ids.
        """
        ...

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

    def with_request(self, request_id: RequestId) -> tuple[Request | None, Sequence[Job], Sequence[JobResult]]:
        """Return the request, which no transaction is kept from changing, its jobs in order, and what they came to."""
        ...

    def of_request(self, request_id: RequestId) -> Sequence[Job]:
        """Return the request's jobs in order."""
        ...

    def counts(self, request_id: RequestId) -> Mapping[JobState, int]:
        """Return how many of the request's jobs are in which state."""
        ...

    def waiting_of(self, account_id: AccountId, kind: Kind | None = None) -> int:
        """Return how many jobs, of one kind or all, the account has waiting."""
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

    def ahead(self, first: tuple[int, JobId], *, kind: Kind, limit: int) -> int:
        """Return how many waiting jobs of the kind are due before this one, counting to ``limit``.

        first: its due time and its id. That ``limit`` or more are before it may be a second old.
        """
        ...

    def leased_by_kind(self) -> Mapping[Kind, int]:
        """Return the number of leased jobs a kind."""
        ...


class JobStore(JobReads, Protocol):
    """Jobs and leases, to write. Lanes that get waiting jobs are announced to held pops after the commit."""

    def ask_alone(self, account_id: AccountId) -> None:
        """Wait until no other open transaction does this for the account; what it asked for is counted then."""
        ...

    def add_all(self, jobs: Sequence[Job]) -> None:
        """Write waiting jobs."""
        ...

    def take_lease(
        self, job_id: JobId, *, owner_id: AccountId | None = None, lease_id: LeaseId | None = None
    ) -> LeaseView | None:
        """Return the lease as ``lease`` or ``lease_of`` do, to be changed.

        Its request is taken first (see ``RequestStore.take``); the request, its hold and the states of its jobs are
        then known and not read again.
        """
        ...

    def add_lease(self, lease: Lease) -> None:
        """Write the lease of a job that was just claimed for it."""
        ...

    def renew(self, view: LeaseView, *, expires_at_ms: int, step: int, steps: int) -> None:
        """Note the progress and move the lease's end."""
        ...

    def end_lease(self, lease_id: LeaseId, *, state: LeaseState, now_ms: int) -> None:
        """Close a lease."""
        ...

    def move(self, view: LeaseView, *, to: JobState, now_ms: int, tried: bool = False) -> None:
        """Give the job of a lease that was taken its next state; ``tried`` counts one more try."""
        ...

    def move_waiting(self, request_id: RequestId, *, to: JobState, now_ms: int) -> int:
        """Give every waiting job of the request another state and return what those cost together (mk)."""
        ...


class ClaimStore(Protocol):
    """Waiting jobs, to be taken: a claim never waits for another transaction, and no two get the same job."""

    def first(
        self, lane_ids: Sequence[int], *, lease_id: LeaseId, people: Sequence[AccountId], everyone: bool
    ) -> tuple[Claimed | None, bool]:
        """Return the job, now leased, and whether there are lanes that were not known: then ask again.

        The first of the people's jobs in these lanes; if there is none and ``everyone`` is served, the first of all.
        """
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

    def one(self, job_id: JobId, *, lease_id: LeaseId) -> Claimed | None:
        """Return the job, now leased, or None where it does not wait or another transaction is at it."""
        ...

    def more(self, request_id: RequestId, lease_ids: Sequence[LeaseId]) -> Sequence[Claimed]:
        """Return further waiting jobs of one request, now leased, at most one for each lease id."""
        ...

    def again(self, view: LeaseView, *, expires_at_ms: int) -> bool:
        """Make an ended lease active again if its job still waits."""
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
        """Return the number of waiting jobs a lane: exact in a read and a second old in a use case while few wait.

        Where many wait it is what a read has last counted; a chore has each process do that.
        """
        ...


class LaneStore(LaneReads, Protocol):
    """Lanes, to write, and where each worker's look at a lane stopped."""

    def learn(self) -> None:
        """Know the lanes that other processes have made."""
        ...

    def id_of(self, lane: Lane) -> int:
        """Return the lane's number; it is made if it is new."""
        ...

    def mark(self, worker_id: WorkerId, lane_id: int) -> tuple[int, JobId] | None:
        """Return where this worker's look at the lane stopped, in memory only."""
        ...

    def set_mark(self, worker_id: WorkerId, lane_id: int, at: tuple[int, JobId] | None) -> None:
        """Remember where the look stopped, or that it begins anew."""
        ...
