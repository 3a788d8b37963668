"""Jobs and their leases."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.domain.ids import AccountId, JobId, LeaseId, RequestId, WorkerId
from core.domain.jobs import Job, JobState, Lease, LeaseState, LeaseView
from core.domain.kinds.kind import Kind
from core.domain.requests import JobProgress, JobResult, Request
from core.store.dialect import AHEAD
from core.store.memory import Memory
from core.store.rows.kudos.ledger import Ledger
from core.store.rows.queue.leases import (
    ACTIVE_OF,
    BY_ID,
    LAPSED,
    OF_JOB,
    REQUEST,
    TAKE_BY_ID,
    TAKE_OF_JOB,
    TAKE_REQUEST_OF,
    hold_of_view,
    request_of_view,
    view_of,
)
from core.store.rows.queue.requests import RESULT, Requests, result_of
from core.store.statement import Line, Prepared
from core.store.tables import jobs, lanes, leases, requests, results, workers
from core.store.writes import Writes, insert, update

_WAITS = sa.text("jobs.state = 'waiting'")
_OF_REQUEST = Prepared(sa.select(jobs).where(jobs.c.request_id == sa.bindparam("request_id")).order_by(jobs.c.ordinal))
_WITH_REQUEST = Prepared(
    sa.select(jobs, requests.c.draft, *REQUEST, *RESULT)
    .join(requests, requests.c.id == jobs.c.request_id)
    .outerjoin(results, results.c.job_id == jobs.c.id)
    .outerjoin(workers, workers.c.id == results.c.worker_id)
    .where(jobs.c.request_id == sa.bindparam("request_id"))
    .order_by(jobs.c.ordinal)
)
_COUNTS = Prepared(
    sa.select(jobs.c.state, sa.func.count())
    .where(jobs.c.request_id == sa.bindparam("request_id"))
    .group_by(jobs.c.state)
)
_WAITING_OF_ALL = sa.select(sa.func.count()).where(_WAITS, jobs.c.account_id == sa.bindparam("the_account"))
_WAITING_OF = Prepared(_WAITING_OF_ALL)
_WAITING_OF_KIND = Prepared(
    _WAITING_OF_ALL.join_from(jobs, lanes, lanes.c.id == jobs.c.lane_id).where(lanes.c.kind == sa.bindparam("the_kind"))
)
_PROGRESS = Prepared(
    sa.select(jobs.c.id, jobs.c.step, jobs.c.steps, workers.c.name)
    .join(leases, leases.c.id == jobs.c.lease_id)
    .join(workers, workers.c.id == leases.c.worker_id)
    .where(jobs.c.request_id == sa.bindparam("the_request"), jobs.c.state == "leased")
    .order_by(jobs.c.ordinal)
)
_LEASED_TOTALS = (
    sa.select(lanes.c.kind, sa.func.count())
    .select_from(jobs.join(lanes, lanes.c.id == jobs.c.lane_id))
    .where(sa.text("jobs.state = 'leased'"))
    .group_by(lanes.c.kind)
)
_ADD = insert(
    jobs,
    *("id", "request_id", "account_id", "lane_id", "due_ms", "ordinal", "seed", "price_mk", "worth_mk"),
    *("state", "tries", "step", "steps"),
)
_ADD_LEASE = insert(
    leases,
    *("id", "job_id", "worker_id", "model", "state", "granted_at_ms", "expires_at_ms", "ttl_s", "reports"),
)
_RENEW_LEASE = update(leases, state="'active'", ended_at_ms="NULL", expires_at_ms=":expires_at_ms")
_END_LEASE = update(leases, state=":state", ended_at_ms=":ended_at_ms")
_STEP = update(jobs, step=":step", steps=":steps")
_MOVE = update(jobs, state=":state", tries="tries + :tried", ended_at_ms=":ended_at_ms", step="0")
_MOVE_WAITING = Prepared(
    sa.update(jobs)
    .where(jobs.c.request_id == sa.bindparam("the_request"), jobs.c.state == "waiting")
    .values(state=sa.bindparam("to"), ended_at_ms=sa.bindparam("ended"))
    .returning(jobs.c.price_mk)
)


_ALONE = Prepared(sa.text("SELECT pg_advisory_xact_lock(7103, CAST(:account AS integer))"))
_AHEAD = Prepared(AHEAD.sqlite, postgres=AHEAD.postgres)


class Jobs:
    """The jobs of one transaction; ``touched_lanes`` collects the lane of each job that waits anew."""

    def __init__(
        self,
        line: Line,
        writes: Writes,
        memory: Memory,
        *,
        requests: Requests,
        ledger: Ledger,
        touched_lanes: list[int],
    ) -> None:
        """Stand over the transaction's line; a lease that is taken makes its request and its hold known."""
        self._line = line
        self._writes = writes
        self._memory = memory
        self._connection = line.seen
        self._requests = requests
        self._ledger = ledger
        self._touched_lanes = touched_lanes
        self._states: dict[RequestId, Counter[JobState]] = {}

    def with_request(self, request_id: RequestId) -> tuple[Request | None, Sequence[Job], Sequence[JobResult]]:
        """Return the request, its jobs in order and the results there are, nothing of it taken."""
        found = self._line.all(_WITH_REQUEST, {"request_id": request_id})
        if not found:
            return None, (), ()
        request = request_of_view(found[0])
        if self._line.is_read:
            self._requests.know(request)
        made = [result_of(row) for row in found if row.result_state is not None]
        return request, [job_of(row) for row in found], made

    def of_request(self, request_id: RequestId) -> Sequence[Job]:
        """Return the request's jobs in order."""
        return [job_of(row) for row in self._line.all(_OF_REQUEST, {"request_id": request_id})]

    def counts(self, request_id: RequestId) -> Mapping[JobState, int]:
        """Return how many of the request's jobs are in which state."""
        known = self._states.get(request_id)
        if known is None:
            found = self._line.all(_COUNTS, {"request_id": request_id})
            known = Counter({JobState(state): count for state, count in found})
        return known

    def waiting_of(self, account_id: AccountId, kind: Kind | None = None) -> int:
        """Return how many jobs, of one kind or all, the account has waiting."""
        if kind is None:
            return int(self._line.scalar(_WAITING_OF, {"the_account": account_id}) or 0)
        where = {"the_account": account_id, "the_kind": kind.value}
        return int(self._line.scalar(_WAITING_OF_KIND, where) or 0)

    def lease(self, lease_id: LeaseId) -> LeaseView | None:
        """Return the lease and its job."""
        row = self._line.first(BY_ID, {"lease_id": lease_id})
        return None if row is None else view_of(row)

    def lease_of(self, job_id: JobId, *, owner_id: AccountId) -> LeaseView | None:
        """Return the job's present lease if a worker of this owner has it, else the owner's latest lease of it."""
        row = self._line.first(OF_JOB, {"job_id": job_id, "owner_id": owner_id})
        return None if row is None else view_of(row)

    def take_lease(
        self, job_id: JobId, *, owner_id: AccountId | None = None, lease_id: LeaseId | None = None
    ) -> LeaseView | None:
        """Return the lease as ``lease`` or ``lease_of`` do, to be changed, its job and its request being taken."""
        if self._line.is_postgres and self._line.first(TAKE_REQUEST_OF, {"job_id": job_id}) is None:
            return None
        if lease_id is not None:
            row = self._line.first(TAKE_BY_ID, {"lease_id": lease_id})
        else:
            row = self._line.first(TAKE_OF_JOB, {"job_id": job_id, "owner_id": owner_id})
        if row is None or row.job_id != job_id:
            return None if row is None else view_of(row)
        self._requests.know(request_of_view(row))
        held = hold_of_view(row)
        if held is not None:
            self._ledger.know_hold(held)
        self._states[RequestId(row.request_id)] = Counter(map(JobState, row.states.split(" ")))
        return view_of(row)

    def active_leases(self, worker_id: WorkerId) -> Sequence[LeaseView]:
        """Return what the worker has in its hands."""
        return [view_of(row) for row in self._connection.execute(ACTIVE_OF, {"worker_id": worker_id})]

    def lapsed_leases(self, now_ms: int, *, limit: int) -> Sequence[LeaseView]:
        """Return active leases that are past their time, oldest first."""
        return [view_of(row) for row in self._connection.execute(LAPSED, {"now_ms": now_ms, "limit": limit})]

    def progress_of(self, request_id: RequestId) -> Sequence[JobProgress]:
        """Return the request's jobs in work."""
        found = self._line.all(_PROGRESS, {"the_request": request_id})
        return [
            JobProgress(job_id=JobId(row.id), step=row.step, steps=row.steps, worker_name=row.name) for row in found
        ]

    def ahead(self, first: tuple[int, JobId], *, kind: Kind, limit: int) -> int:
        """Return how many waiting jobs of the kind are due before this one, counting to ``limit``."""
        if self._memory.is_deep(kind, first, limit=limit):
            return limit
        where = {"due_ms": first[0], "job_id": first[1], "kind": kind.value, "limit": limit}
        count = int(self._line.scalar(_AHEAD, where) or 0)
        if count >= limit:
            self._memory.note_deep(kind, first, limit=limit)
        return count

    def leased_by_kind(self) -> Mapping[Kind, int]:
        """Return the number of leased jobs a kind."""
        return {Kind(kind): count for kind, count in self._connection.execute(_LEASED_TOTALS)}

    def ask_alone(self, account_id: AccountId) -> None:
        """Wait until no other open transaction does this for the account; what it asked for is counted then."""
        if self._line.is_postgres:
            self._line.all_unseen(_ALONE, {"account": account_id})

    def add_all(self, jobs: Sequence[Job]) -> None:
        """Write waiting jobs."""
        for job in jobs:
            row = {
                "id": job.id,
                "request_id": job.request_id,
                "account_id": job.account_id,
                "lane_id": job.lane_id,
                "due_ms": job.due_ms,
                "ordinal": job.ordinal,
                "seed": job.seed,
                "price_mk": job.price_mk,
                "worth_mk": job.worth_mk,
                "state": job.state.value,
                "tries": job.tries,
                "step": 0,
                "steps": 0,
            }
            self._writes.add(_ADD, row)
        self._touched_lanes.extend(job.lane_id for job in jobs)

    def add_lease(self, lease: Lease) -> None:
        """Write the lease of a job that was just claimed for it."""
        row = {
            "id": lease.id,
            "job_id": lease.job_id,
            "worker_id": lease.worker_id,
            "model": lease.model,
            "state": lease.state.value,
            "granted_at_ms": lease.granted_at_ms,
            "expires_at_ms": lease.expires_at_ms,
            "ttl_s": lease.ttl_s,
            "reports": lease.reports,
        }
        self._writes.add(_ADD_LEASE, row)

    def renew(self, view: LeaseView, *, expires_at_ms: int, step: int, steps: int) -> None:
        """Note the progress and move the lease's end."""
        self._writes.add(_STEP, {"id": view.job_id, "step": step, "steps": steps})
        if expires_at_ms != view.lease_expires_at_ms:
            self._writes.add(_RENEW_LEASE, {"id": view.lease_id, "expires_at_ms": expires_at_ms})

    def end_lease(self, lease_id: LeaseId, *, state: LeaseState, now_ms: int) -> None:
        """Close a lease."""
        self._writes.add(_END_LEASE, {"id": lease_id, "state": state.value, "ended_at_ms": now_ms})

    def move(self, view: LeaseView, *, to: JobState, now_ms: int, tried: bool = False) -> None:
        """Give the job of a lease that was taken its next state; ``tried`` counts one more try."""
        ended = None if to in (JobState.WAITING, JobState.LEASED) else now_ms
        self._writes.add(_MOVE, {"id": view.job_id, "state": to.value, "tried": int(tried), "ended_at_ms": ended})
        self._states[view.request_id][view.job_state] -= 1
        self._states[view.request_id][to] += 1
        if to is JobState.WAITING:
            self._touched_lanes.append(view.lane_id)

    def move_waiting(self, request_id: RequestId, *, to: JobState, now_ms: int) -> int:
        """Give every waiting job of the request another state and return what those cost together (mk)."""
        where = {"the_request": request_id, "to": to.value, "ended": now_ms}
        self._states.pop(request_id, None)
        return sum(row[0] for row in self._line.all(_MOVE_WAITING, where))


def job_of(row: Any) -> Job:  # noqa: ANN401 - a row of the jobs
    """Return the job of a row."""
    return Job(
        id=JobId(row.id),
        request_id=RequestId(row.request_id),
        account_id=AccountId(row.account_id),
        lane_id=row.lane_id,
        due_ms=row.due_ms,
        ordinal=row.ordinal,
        seed=row.seed,
        price_mk=row.price_mk,
        worth_mk=row.worth_mk,
        state=JobState(row.state),
        tries=row.tries,
        lease_id=None if row.lease_id is None else LeaseId(row.lease_id),
        step=row.step,
        steps=row.steps,
    )
