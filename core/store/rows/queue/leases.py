"""How leases are read: the statements and the view that joins a lease with its job, worker and request."""

from typing import Any

import sqlalchemy as sa

from core.domain.ids import AccountId, JobId, LeaseId, RequestId, WorkerId
from core.domain.jobs import JobState, LeaseState, LeaseView
from core.store.rows.queue.requests import draft_of
from core.store.tables import accounts, jobs, leases, requests, workers

_VIEW = (
    sa.select(
        leases.c.id.label("lease_id"),
        leases.c.job_id,
        leases.c.worker_id,
        leases.c.model,
        leases.c.state.label("lease_state"),
        leases.c.granted_at_ms,
        leases.c.expires_at_ms,
        leases.c.ttl_s,
        leases.c.reports,
        jobs.c.request_id,
        jobs.c.account_id.label("requester_id"),
        jobs.c.lane_id,
        jobs.c.state.label("job_state"),
        jobs.c.lease_id.label("present_lease_id"),
        jobs.c.seed,
        jobs.c.price_mk,
        jobs.c.worth_mk,
        jobs.c.ordinal,
        jobs.c.tries,
        requests.c.draft,
        workers.c.name.label("worker_name"),
        workers.c.account_id.label("owner_id"),
        accounts.c.trusted.label("owner_trusted"),
    )
    .select_from(leases)
    .join(jobs, jobs.c.id == leases.c.job_id)
    .join(requests, requests.c.id == jobs.c.request_id)
    .join(workers, workers.c.id == leases.c.worker_id)
    .join(accounts, accounts.c.id == workers.c.account_id)
)
BY_ID = _VIEW.where(leases.c.id == sa.bindparam("lease_id"))
OF_JOB = (
    _VIEW.where(leases.c.job_id == sa.bindparam("job_id"), workers.c.account_id == sa.bindparam("owner_id"))
    .order_by((leases.c.id == jobs.c.lease_id).desc(), leases.c.granted_at_ms.desc())
    .limit(1)
)
ACTIVE_OF = _VIEW.where(sa.text("leases.state = 'active'"), leases.c.worker_id == sa.bindparam("worker_id"))
LAPSED = (
    _VIEW.where(sa.text("leases.state = 'active'"), leases.c.expires_at_ms <= sa.bindparam("now_ms"))
    .order_by(leases.c.expires_at_ms)
    .limit(sa.bindparam("limit"))
)


def view_of(row: "sa.Row[*tuple[Any, ...]]") -> LeaseView:
    """Return the lease view of a row."""
    draft = draft_of(row.draft)
    return LeaseView(
        lease_id=LeaseId(row.lease_id),
        job_id=JobId(row.job_id),
        request_id=RequestId(row.request_id),
        requester_id=AccountId(row.requester_id),
        lane_id=row.lane_id,
        worker_id=WorkerId(row.worker_id),
        worker_name=row.worker_name,
        owner_id=AccountId(row.owner_id),
        owner_trusted=row.owner_trusted,
        lease_state=LeaseState(row.lease_state),
        job_state=JobState(row.job_state),
        is_current=row.present_lease_id == row.lease_id,
        granted_at_ms=row.granted_at_ms,
        lease_expires_at_ms=row.expires_at_ms,
        ttl_s=row.ttl_s,
        reports=row.reports,
        price_mk=row.price_mk,
        worth_mk=row.worth_mk,
        ordinal=row.ordinal,
        kind=draft.kind,
        tries=row.tries,
        model=row.model,
        seed=row.seed,
        prompt=draft.prompt,
        params=draft.params,
        censor_nsfw=draft.censor_nsfw,
        r2=draft.r2,
    )
