"""What workers say about a job in work, whatever its kind (ours): how far it is, or that they hand it back."""

from core.api.limits.limit import WORKERS
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.domain.ids import JobId
from core.services.queue.progress import progress
from core.services.queue.release import release
from core.wire import Rc
from core.wire.work import ProgressInput, ProgressReply, ReleaseInput, ReleaseReply


async def report_progress(call: Call[ProgressInput, None]) -> Answer:
    """Note how far a job is, renew its lease, and tell the worker whether it is still wanted."""
    context, account, message = call.context, call.account, call.message
    now_ms = context.clock.now_ms()
    answer = await context.uow.write(
        lambda tx: progress(
            tx,
            job_id=JobId(message.id),
            account_id=account.id,
            step=message.step,
            steps=message.steps,
            now_ms=now_ms,
        )
    )
    ttl_s = max(answer.lease_expires_at_ms - now_ms, 0) // 1000
    return ProgressReply(cancelled=answer.cancelled, ttl=ttl_s)


async def release_job(call: Call[ReleaseInput, None]) -> Answer:
    """Put a job that its worker hands back into the queue again; giving back what is no longer held changes nothing."""
    context, account, message = call.context, call.account, call.message
    now_ms = context.clock.now_ms()
    await context.uow.write(lambda tx: release(tx, job_id=JobId(message.id), account_id=account.id, now_ms=now_ms))
    return ReleaseReply()


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/api/v2/generate/progress",
        id="post_job_progress",
        tag=Tag.WORKERS,
        summary="Say how far a job is; learn whether it is still wanted",
        handler=report_progress,
        body=ProgressInput,
        replies={200: ProgressReply},
        refusals={404: (Rc.INVALID_JOB_ID,)},
        caller=Caller.ACCOUNT,
        limits=WORKERS,
        often=True,
        ours=True,
    ),
    Operation(
        method="POST",
        path="/api/v2/generate/release",
        id="post_job_release",
        tag=Tag.WORKERS,
        summary="Hand a job back unmade",
        handler=release_job,
        body=ReleaseInput,
        replies={200: ReleaseReply},
        refusals={404: (Rc.INVALID_JOB_ID,)},
        caller=Caller.ACCOUNT,
        limits=WORKERS,
        often=True,
        ours=True,
    ),
)
