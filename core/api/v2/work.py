"""The worker's routes: take a job (or wait for one), say how far it is, hand it in, or hand it back."""

import asyncio
import logging
import re
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import web

from core.api import intake
from core.api.auth import account_of
from core.api.bodies import json_reply, read_message
from core.api.context import CONTEXT, HELD, ApiContext
from core.api.held import is_gone
from core.api.v2 import replies
from core.api.v2.drafts import offer_of, seed_of
from core.domain.errors import Conflict, HordeError, NotFound, NotPermitted
from core.domain.ids import AccountId, JobId
from core.domain.jobs import LeaseView, Outcome, Popped
from core.domain.workers.offer import WorkerOffer
from core.ports.keys import upload_key
from core.ports.points import Step
from core.services.queue.complete import check_submit, complete
from core.services.queue.fail import fail
from core.services.queue.lease import lease_of
from core.services.queue.pop import pop
from core.services.queue.progress import progress
from core.services.queue.release import release
from core.wire import Rc
from core.wire.work import (
    GenerationSubmitted,
    PopInputStable,
    ProgressInput,
    ProgressReply,
    ReleaseInput,
    ReleaseReply,
    SubmitInputStable,
)

log = logging.getLogger(__name__)

_WAIT = re.compile(r'(?:^|,)\s*wait\s*=\s*"?(\d{1,6})"?\s*(?=[;,]|$)', re.IGNORECASE)


def routes() -> list[web.RouteDef]:
    """Return the worker's routes."""
    return [
        web.post("/api/v2/generate/pop", pop_job),
        web.post("/api/v2/generate/submit", submit_job),
        web.post("/api/v2/generate/progress", report_progress),
        web.post("/api/v2/generate/release", release_job),
    ]


def preferred_wait_s(prefer: Sequence[str]) -> int | None:
    """Return the seconds of the first ``wait`` in the Prefer headers (RFC 7240), None where there is none."""
    match = _WAIT.search(",".join(prefer))
    return int(match[1]) if match else None


async def pop_job(request: web.Request) -> web.StreamResponse:
    """Give the worker a job, or say that there is none; with ``Prefer: wait=N`` only after N seconds without one."""
    context = request.app[CONTEXT]
    account = await account_of(request)
    if account.is_anonymous:
        raise NotPermitted(
            "A worker needs an account of its own, which earns the kudos. Make one (`horde account create NAME`) and "
            "give its key.",
            code=Rc.ANON_FORBIDDEN_WORKER,
        )
    message = await read_message(request, PopInputStable, bytes_max=context.body_bytes_max, body_s=context.body_s_max)
    offer = offer_of(message, account_id=account.id, headers=request.headers)
    wait_s = preferred_wait_s(request.headers.getall("Prefer", ()))
    popped = await _claim(request, context, offer)
    if wait_s is not None:
        wait_s = min(wait_s, context.hold_s_max)
        popped = await _hold(request, context, offer, popped, wait_s=wait_s)
    headers = {} if wait_s is None else {"Preference-Applied": f"wait={wait_s}"}
    return await _hand_over(request, context, popped, account_id=account.id, headers=headers)


async def _hold(
    request: web.Request, context: ApiContext, offer: WorkerOffer, popped: Popped, *, wait_s: int
) -> Popped:
    """Return the first job that comes within the time, or the last empty answer.

    Only the wait can be ended early (client gone, server stopping), never a claim. A wake-up that finds its client
    gone is passed on to the next that waits.
    """
    now = asyncio.get_running_loop().time
    until, may_fit = now() + wait_s, context.uow.fits(offer)
    hinted: set[int] = set()

    def fits(lane_id: int) -> bool:
        fit = may_fit(lane_id)
        if fit:
            hinted.add(lane_id)
        return fit

    while not popped.jobs and (left_s := until - now()) > 0:
        woken = False
        hinted.clear()
        async with request.app[HELD].hold(request, wait_s=left_s):
            woken = await context.wakeup.wait(fits, timeout_s=left_s)
        if is_gone(request):
            context.wakeup.notify(hinted)
            break
        if not woken:
            break
        popped = await _claim(request, context, offer)
    return popped


async def _claim(request: web.Request, context: ApiContext, offer: WorkerOffer) -> Popped:
    """Return what the queue has for the worker; nothing if it has hung up."""
    if is_gone(request):
        return Popped()
    now_ms = context.clock.now_ms()
    return await context.uow.write(
        lambda tx: pop(tx, offer=offer, policy=context.policy, now_ms=now_ms, limit=offer.amount), step=Step.POP
    )


async def _hand_over(
    request: web.Request, context: ApiContext, popped: Popped, *, account_id: AccountId, headers: dict[str, str]
) -> web.StreamResponse:
    """Send the reply; jobs whose reply cannot be sent wait again at once."""
    reply = json_reply(replies.popped_of(context, popped), headers=headers)
    if not popped.jobs:
        return reply
    for job in popped.jobs:
        log.info("job.popped job_id=%s worker_id=%s model=%s ttl_s=%s", job.job_id, job.worker_id, job.model, job.ttl_s)
    sent = False
    try:
        if not is_gone(request):
            await reply.prepare(request)
            await reply.write_eof()
            sent = True
    except ConnectionError:
        sent = False
    finally:
        if not sent:
            await _give_back(context, popped, account_id=account_id)
    return reply


async def _give_back(context: ApiContext, popped: Popped, *, account_id: AccountId) -> None:
    for job in popped.jobs:
        log.info("job.reply_failed job_id=%s worker_id=%s", job.job_id, job.worker_id)
        now_ms, job_id, lease_id = context.clock.now_ms(), job.job_id, job.lease_id
        await context.uow.write(
            lambda tx, job_id=job_id, lease_id=lease_id, now_ms=now_ms: release(  # type: ignore[misc] # bound now
                tx, job_id=job_id, account_id=account_id, lease_id=lease_id, now_ms=now_ms
            )
        )


async def submit_job(request: web.Request) -> web.Response:
    """Take a worker's result: check the picture, publish it, pay. A broken one puts the job back into the queue."""
    context = request.app[CONTEXT]
    account = await account_of(request)
    message = await read_message(
        request, SubmitInputStable, bytes_max=context.base64_body_bytes_max, body_s=context.body_s_max
    )
    job_id = JobId(message.id)
    view = await context.uow.read(lambda tx: lease_of(tx, job_id=job_id, account_id=account.id))
    check_submit(view)
    if message.state == "faulted":
        await _fail(context, view)
        return json_reply(GenerationSubmitted(reward=0))
    censored = _is_censored(message)
    try:
        picture = await intake.take(context, view, generation=message.generation, censored=censored)
    except intake.PictureRefused as exc:
        log.warning("job.picture_refused job_id=%s worker_id=%s why=%s", view.job_id, view.worker_id, exc.__cause__)
        with suppress(Conflict, NotFound):
            await _fail(context, view)
        raise
    outcome = Outcome(
        object_key=picture.key,
        seed=seed_of(message.seed),
        state="censored" if censored else "ok",
        gen_metadata=tuple(replies.metadata_of(entry) for entry in message.gen_metadata),
        width_px=picture.width_px,
        height_px=picture.height_px,
        content_type=intake.WEBP,
    )
    reward_mk = await _complete(context, view, picture, outcome)
    log.info("job.completed job_id=%s worker_id=%s reward_mk=%s", view.job_id, view.worker_id, reward_mk)
    await context.objects.delete(upload_key(context.secret, view.lease_id))
    return json_reply(GenerationSubmitted(reward=replies.kudos_of(reward_mk)))


async def _complete(context: ApiContext, view: LeaseView, picture: intake.CheckedPicture, outcome: Outcome) -> int:
    """Return the reward in millikudos; where the result is not taken, its picture is not published either."""
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
        )
    except HordeError:
        await intake.withdraw(context, picture)
        raise
    return rewarded.reward_mk


async def _fail(context: ApiContext, view: LeaseView) -> None:
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


def _is_censored(message: SubmitInputStable) -> bool:
    return (
        message.censored
        or message.state in {"censored", "csam"}
        or any(entry.type == "censorship" for entry in message.gen_metadata)
    )


async def report_progress(request: web.Request) -> web.Response:
    """Note how far a job is, renew its lease, and tell the worker whether it is still wanted."""
    context = request.app[CONTEXT]
    account = await account_of(request)
    message = await read_message(request, ProgressInput, bytes_max=context.body_bytes_max, body_s=context.body_s_max)
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
    return json_reply(ProgressReply(cancelled=answer.cancelled, ttl=ttl_s))


async def release_job(request: web.Request) -> web.Response:
    """Put a job that its worker hands back into the queue again; giving back what is no longer held changes nothing."""
    context = request.app[CONTEXT]
    account = await account_of(request)
    message = await read_message(request, ReleaseInput, bytes_max=context.body_bytes_max, body_s=context.body_s_max)
    now_ms = context.clock.now_ms()
    await context.uow.write(lambda tx: release(tx, job_id=JobId(message.id), account_id=account.id, now_ms=now_ms))
    return json_reply(ReleaseReply())
