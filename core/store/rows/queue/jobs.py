"""Jobs and their leases."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.domain.ids import AccountId, JobId, LeaseId, RequestId, WorkerId
from core.domain.jobs import Candidate, Job, JobState, Lease, LeaseState, LeaseView
from core.domain.kinds.kind import Kind
from core.domain.requests import JobProgress
from core.store.dialect import AHEAD, HEADS, HEADS_OF, lanes_from
from core.store.rows.queue.leases import ACTIVE_OF, BY_ID, LAPSED, OF_JOB, view_of
from core.store.tables import jobs, lanes, leases, workers

_WAITS = sa.text("jobs.state = 'waiting'")
_OF_REQUEST = sa.select(jobs).where(jobs.c.request_id == sa.bindparam("request_id")).order_by(jobs.c.ordinal)
_COUNTS = (
    sa.select(jobs.c.state, sa.func.count())
    .where(jobs.c.request_id == sa.bindparam("request_id"))
    .group_by(jobs.c.state)
)
_WAITING_OF = sa.select(sa.func.count()).where(_WAITS, jobs.c.account_id == sa.bindparam("the_account"))
_WAITING_OF_KIND = _WAITING_OF.join_from(jobs, lanes, lanes.c.id == jobs.c.lane_id).where(
    lanes.c.kind == sa.bindparam("the_kind")
)
_WAITING_IN = (
    sa.select(jobs.c.id, jobs.c.request_id, jobs.c.lane_id, jobs.c.due_ms, jobs.c.ordinal)
    .where(jobs.c.request_id == sa.bindparam("the_request"), jobs.c.state == "waiting")
    .order_by(jobs.c.ordinal)
    .limit(sa.bindparam("limit"))
)
_PROGRESS = (
    sa.select(jobs.c.id, jobs.c.step, jobs.c.steps, workers.c.name)
    .join(leases, leases.c.id == jobs.c.lease_id)
    .join(workers, workers.c.id == leases.c.worker_id)
    .where(jobs.c.request_id == sa.bindparam("the_request"), jobs.c.state == "leased")
    .order_by(jobs.c.ordinal)
)
_WAITING_TOTALS = (
    sa.select(lanes.c.kind, sa.func.count())
    .select_from(jobs.join(lanes, lanes.c.id == jobs.c.lane_id))
    .where(_WAITS)
    .group_by(lanes.c.kind)
)
_LEASED_TOTALS = (
    sa.select(lanes.c.kind, sa.func.count())
    .select_from(jobs.join(lanes, lanes.c.id == jobs.c.lane_id))
    .where(sa.text("jobs.state = 'leased'"))
    .group_by(lanes.c.kind)
)
_ADD = sa.insert(jobs)
_CLAIM = (
    sa.update(jobs)
    .where(jobs.c.id == sa.bindparam("the_job"), _WAITS)
    .values(state="leased", lease_id=sa.bindparam("new_lease"), step=0, steps=0)
    .returning(*jobs.c)
)
_ADD_LEASE = sa.insert(leases)
_RENEW_LEASE = sa.update(leases).where(leases.c.id == sa.bindparam("the_lease"))
_STEP = sa.update(jobs).where(jobs.c.id == sa.bindparam("the_job"))
_MOVE = (
    sa.update(jobs)
    .where(jobs.c.id == sa.bindparam("the_job"))
    .values(
        state=sa.bindparam("to"), tries=jobs.c.tries + sa.bindparam("tried"), ended_at_ms=sa.bindparam("ended"), step=0
    )
    .returning(jobs.c.lane_id)
)
_MOVE_WAITING = (
    sa.update(jobs)
    .where(jobs.c.request_id == sa.bindparam("the_request"), jobs.c.state == "waiting")
    .values(state=sa.bindparam("to"), ended_at_ms=sa.bindparam("ended"))
    .returning(jobs.c.price_mk)
)


class Jobs:
    """The jobs of one transaction; ``touched_lanes`` collects the lane of each job that waits anew."""

    def __init__(self, connection: sa.Connection, touched_lanes: list[int]) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection
        self._touched_lanes = touched_lanes

    def of_request(self, request_id: RequestId) -> Sequence[Job]:
        """Return the request's jobs in order."""
        return [_job(row) for row in self._connection.execute(_OF_REQUEST, {"request_id": request_id})]

    def counts(self, request_id: RequestId) -> Mapping[JobState, int]:
        """Return how many of the request's jobs are in which state."""
        found = self._connection.execute(_COUNTS, {"request_id": request_id})
        return {JobState(state): count for state, count in found}

    def waiting_of(self, account_id: AccountId, kind: Kind | None = None) -> int:
        """Return how many jobs, of one kind or all, the account has waiting."""
        if kind is None:
            return int(self._connection.scalar(_WAITING_OF, {"the_account": account_id}) or 0)
        where = {"the_account": account_id, "the_kind": kind.value}
        return int(self._connection.scalar(_WAITING_OF_KIND, where) or 0)

    def heads(
        self,
        lane_ids: Sequence[int],
        *,
        per_lane: int,
        limit: int,
        account_ids: Sequence[AccountId] | None = None,
        after: Mapping[int, tuple[int, JobId]] | None = None,
    ) -> Sequence[Candidate]:
        """Return the first ``per_lane`` waiting jobs of each lane, merged by due time, at most ``limit``."""
        where: dict[str, object] = {"lanes": lanes_from(lane_ids, after), "per_lane": per_lane, "limit": limit}
        if account_ids is None:
            found = self._connection.execute(HEADS, where)
        else:
            found = self._connection.execute(HEADS_OF, where | {"accounts": json.dumps(list(account_ids))})
        return [_candidate(row) for row in found]

    def waiting_in(self, request_id: RequestId, *, limit: int) -> Sequence[Candidate]:
        """Return waiting jobs of one request in order."""
        found = self._connection.execute(_WAITING_IN, {"the_request": request_id, "limit": limit})
        return [_candidate(row) for row in found]

    def lease(self, lease_id: LeaseId) -> LeaseView | None:
        """Return the lease and its job."""
        row = self._connection.execute(BY_ID, {"lease_id": lease_id}).first()
        return None if row is None else view_of(row)

    def lease_of(self, job_id: JobId, *, owner_id: AccountId) -> LeaseView | None:
        """Return the job's present lease if a worker of this owner has it, else the owner's latest lease of it."""
        row = self._connection.execute(OF_JOB, {"job_id": job_id, "owner_id": owner_id}).first()
        return None if row is None else view_of(row)

    def active_leases(self, worker_id: WorkerId) -> Sequence[LeaseView]:
        """Return what the worker has in its hands."""
        return [view_of(row) for row in self._connection.execute(ACTIVE_OF, {"worker_id": worker_id})]

    def lapsed_leases(self, now_ms: int, *, limit: int) -> Sequence[LeaseView]:
        """Return active leases that are past their time, oldest first."""
        return [view_of(row) for row in self._connection.execute(LAPSED, {"now_ms": now_ms, "limit": limit})]

    def progress_of(self, request_id: RequestId) -> Sequence[JobProgress]:
        """Return the request's jobs in work."""
        found = self._connection.execute(_PROGRESS, {"the_request": request_id})
        return [
            JobProgress(job_id=JobId(row.id), step=row.step, steps=row.steps, worker_name=row.name) for row in found
        ]

    def ahead(self, request_id: RequestId, *, kind: Kind, limit: int) -> int:
        """Return how many waiting jobs of the kind are due before the request's first, counting to ``limit``."""
        where = {"request_id": request_id, "kind": kind.value, "limit": limit}
        return int(self._connection.scalar(AHEAD, where) or 0)

    def totals(self) -> Mapping[tuple[Kind, JobState], int]:
        """Return the number of waiting and of leased jobs a kind."""
        return {
            (Kind(kind), state): count
            for statement, state in ((_WAITING_TOTALS, JobState.WAITING), (_LEASED_TOTALS, JobState.LEASED))
            for kind, count in self._connection.execute(statement)
        }

    def add_all(self, jobs: Sequence[Job]) -> None:
        """Write waiting jobs."""
        rows = [
            {
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
            for job in jobs
        ]
        self._connection.execute(_ADD, rows)
        self._touched_lanes.extend(job.lane_id for job in jobs)

    def claim(self, candidate: Candidate, lease: Lease) -> Job | None:
        """Lease the job if it still waits, else return None."""
        claimed = self._connection.execute(_CLAIM, {"the_job": candidate.job_id, "new_lease": lease.id}).first()
        if claimed is None:
            return None
        self._connection.execute(
            _ADD_LEASE,
            {
                "id": lease.id,
                "job_id": lease.job_id,
                "worker_id": lease.worker_id,
                "model": lease.model,
                "state": lease.state.value,
                "granted_at_ms": lease.granted_at_ms,
                "expires_at_ms": lease.expires_at_ms,
                "ttl_s": lease.ttl_s,
                "reports": lease.reports,
            },
        )
        return _job(claimed)

    def reclaim_for(self, view: LeaseView, *, expires_at_ms: int) -> bool:
        """Make an ended lease active again if its job still waits."""
        claimed = self._connection.execute(_CLAIM, {"the_job": view.job_id, "new_lease": view.lease_id}).first()
        if claimed is None:
            return False
        self._connection.execute(
            _RENEW_LEASE,
            {
                "the_lease": view.lease_id,
                "state": LeaseState.ACTIVE.value,
                "expires_at_ms": expires_at_ms,
                "ended_at_ms": None,
            },
        )
        return True

    def renew(self, view: LeaseView, *, expires_at_ms: int, step: int, steps: int) -> None:
        """Note the progress and move the lease's end."""
        self._connection.execute(_STEP, {"the_job": view.job_id, "step": step, "steps": steps})
        if expires_at_ms != view.lease_expires_at_ms:
            self._connection.execute(_RENEW_LEASE, {"the_lease": view.lease_id, "expires_at_ms": expires_at_ms})

    def end_lease(self, lease_id: LeaseId, *, state: LeaseState, now_ms: int) -> None:
        """Close a lease."""
        self._connection.execute(_RENEW_LEASE, {"the_lease": lease_id, "state": state.value, "ended_at_ms": now_ms})

    def move(self, job_id: JobId, *, to: JobState, now_ms: int, tried: bool = False) -> None:
        """Give a job its next state; ``tried`` counts one more try."""
        ended = None if to in (JobState.WAITING, JobState.LEASED) else now_ms
        moved = self._connection.execute(
            _MOVE, {"the_job": job_id, "to": to.value, "tried": int(tried), "ended": ended}
        ).first()
        if moved is not None and to is JobState.WAITING:
            self._touched_lanes.append(moved.lane_id)

    def move_waiting(self, request_id: RequestId, *, to: JobState, now_ms: int) -> int:
        """Give every waiting job of the request another state and return what those cost together (mk)."""
        where = {"the_request": request_id, "to": to.value, "ended": now_ms}
        return sum(self._connection.scalars(_MOVE_WAITING, where))


def _candidate(row: Sequence[Any]) -> Candidate:
    """Return the candidate of a row of five."""
    return Candidate(job_id=JobId(row[0]), request_id=RequestId(row[1]), lane_id=row[2], due_ms=row[3], ordinal=row[4])


def _job(row: "sa.Row[*tuple[Any, ...]]") -> Job:
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
