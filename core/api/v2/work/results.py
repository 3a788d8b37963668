"""What handing in has in common for every kind of work: whose lease it is, and that it is completed or failed."""

import logging
from collections.abc import Awaitable, Callable

from core.api.context import ApiContext
from core.api.v2.amounts import kudos_of
from core.domain.accounts import Account
from core.domain.errors import HordeError, NotFound
from core.domain.ids import JobId
from core.domain.jobs import LeaseView, Outcome
from core.domain.kinds.kind import Kind
from core.ports.points import Step
from core.services.queue.complete import check_submit, complete
from core.services.queue.fail import fail
from core.services.queue.lease import lease_of
from core.wire import Rc
from core.wire.work import GenerationSubmitted

log = logging.getLogger(__name__)


async def lease_for(context: ApiContext, account: Account, *, job_id: str, kind: Kind) -> LeaseView:
    """Return the account's lease of the job, if a result may be handed in for it.

    Raises:
        NotFound: no such job in this account's hands, or one of another kind.
        DuplicateSubmission, LeaseLost: it was handed in, or is no longer this worker's.
    """
    view = await context.uow.read(
        lambda tx: lease_of(tx, job_id=JobId(job_id), account_id=account.id), brief=True, loose=True
    )
    if view.kind is not kind:
        message = f"The job {job_id} is for {view.kind} workers. Hand it in at that kind's address."
        raise NotFound(message, code=Rc.INVALID_JOB_ID)
    check_submit(view)
    return view


async def likely_lease(context: ApiContext, account: Account, *, job_id: str, kind: Kind) -> LeaseView:
    """Return the lease as it went out from this process, else what ``lease_for`` returns; raises what that raises.

    It may be over: ``complete_job`` decides. Before a result is refused for another reason, ask ``lease_for``.
    """
    now_ms = context.clock.now_ms()
    view = context.handed_out.take(JobId(job_id), owner_id=account.id, kind=kind, now_ms=now_ms)
    return await lease_for(context, account, job_id=job_id, kind=kind) if view is None else view


async def complete_job(
    context: ApiContext, view: LeaseView, outcome: Outcome, *, withdraw: Callable[[], Awaitable[None]] | None = None
) -> GenerationSubmitted:
    """Return the reply with the reward; where the result is not taken, ``withdraw`` undoes what was published."""
    now_ms = context.clock.now_ms()
    try:
        rewarded = await context.uow.write(
            lambda tx: complete(
                tx,
                job_id=view.job_id,
                account_id=view.owner_id,
                lease_id=view.lease_id,
                outcome=outcome,
                policy=context.policy,
                now_ms=now_ms,
            ),
            step=Step.COMPLETE,
            brief=True,
        )
    except HordeError:
        if withdraw is not None:
            await withdraw()
        raise
    context.meters.submits.count(view.kind.value, outcome.state)
    log.info("job.completed job_id=%s worker_id=%s reward_mk=%s", view.job_id, view.worker_id, rewarded.reward_mk)
    return GenerationSubmitted(reward=kudos_of(rewarded.reward_mk))


async def fail_job(context: ApiContext, view: LeaseView, *, why: str) -> GenerationSubmitted:
    """Return the reply to a job that goes to somebody else: no reward. why: how it is counted."""
    now_ms = context.clock.now_ms()
    await context.uow.write(
        lambda tx: fail(
            tx,
            job_id=view.job_id,
            account_id=view.owner_id,
            lease_id=view.lease_id,
            policy=context.policy,
            now_ms=now_ms,
        )
    )
    context.meters.submits.count(view.kind.value, why)
    return GenerationSubmitted(reward=0)
