"""How leases are read: the statements and the view that joins a lease with its job, worker and request."""

from typing import Any, Final

import sqlalchemy as sa

from core.domain.ids import AccountId, JobId, LeaseId, RequestId, WorkerId
from core.domain.jobs import JobState, LeaseState, LeaseView
from core.domain.kudos.ledger import Hold, HoldState
from core.domain.requests import Request, RequestState
from core.store.rows.queue.requests import draft_of
from core.store.statement import Prepared
from core.store.tables import accounts, holds, jobs, leases, requests, workers

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
_BY_ID = _VIEW.where(leases.c.id == sa.bindparam("lease_id"))
_OF_JOB = (
    _VIEW.where(leases.c.job_id == sa.bindparam("job_id"), workers.c.account_id == sa.bindparam("owner_id"))
    .order_by((leases.c.id == jobs.c.lease_id).desc(), leases.c.granted_at_ms.desc())
    .limit(1)
)
BY_ID = Prepared(_BY_ID)
OF_JOB = Prepared(_OF_JOB)

# What a use case that takes a lease needs besides: the whole request, its hold, and the states of all its jobs.
REQUEST: Final = [column.label(f"request_{column.name}") for column in requests.c if column.name not in ("id", "draft")]
_HOLD = [column.label(f"hold_{column.name}") for column in holds.c]
_OTHERS = jobs.alias("others")


def _taken(view: "sa.Select[*tuple[Any, ...]]") -> Prepared:
    """Return the statement that takes the lease's job; whoever runs it has taken the request before."""
    joined = view.join(holds, holds.c.hold_id == requests.c.id, isouter=True).add_columns(*REQUEST, *_HOLD)
    space: sa.ColumnElement[str] = sa.literal_column("' '")
    said = []
    for all_states in (sa.func.group_concat(_OTHERS.c.state, space), sa.func.string_agg(_OTHERS.c.state, space)):
        states = sa.select(all_states).where(_OTHERS.c.request_id == requests.c.id).scalar_subquery()
        said.append(joined.add_columns(states.label("states")).with_for_update(of=jobs, key_share=True))
    return Prepared(said[0], postgres=said[1])


TAKE_BY_ID = _taken(_BY_ID)
TAKE_OF_JOB = _taken(_OF_JOB)
TAKE_REQUEST_OF = Prepared(
    sa.select(requests.c.id)
    .where(requests.c.id == sa.select(jobs.c.request_id).where(jobs.c.id == sa.bindparam("job_id")).scalar_subquery())
    .with_for_update(key_share=True)
)
ACTIVE_OF = _VIEW.where(sa.text("leases.state = 'active'"), leases.c.worker_id == sa.bindparam("worker_id"))
LAPSED = (
    _VIEW.where(sa.text("leases.state = 'active'"), leases.c.expires_at_ms <= sa.bindparam("now_ms"))
    .order_by(leases.c.expires_at_ms)
    .limit(sa.bindparam("limit"))
)


def request_of_view(row: Any) -> Request:  # noqa: ANN401 - a row with the columns of ``REQUEST`` and the draft
    """Return the request that was read with a lease or a job."""
    return Request(
        id=RequestId(row.request_id),
        account_id=AccountId(row.request_account_id),
        draft=draft_of(row.draft),
        state=RequestState(row.request_state),
        price_mk=row.request_price_mk,
        asked_at_ms=row.request_asked_at_ms,
        expires_at_ms=row.request_expires_at_ms,
        cancelled_at_ms=row.request_cancelled_at_ms,
        finished_at_ms=row.request_finished_at_ms,
        idempotency_key=row.request_idempotency_key,
    )


def hold_of_view(row: Any) -> Hold | None:  # noqa: ANN401 - a row of a lease that was taken
    """Return the hold of its request."""
    if row.hold_hold_id is None:
        return None
    return Hold(
        hold_id=row.hold_hold_id,
        account_id=AccountId(row.hold_account_id),
        amount_mk=row.hold_amount_mk,
        posted_mk=row.hold_posted_mk,
        returned_mk=row.hold_returned_mk,
        state=HoldState(row.hold_state),
        expires_at_ms=row.hold_expires_at_ms,
        made_at_ms=row.hold_made_at_ms,
        shared_key_id=row.hold_shared_key_id,
    )


def view_of(row: Any) -> LeaseView:  # noqa: ANN401 - a row of a lease
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
