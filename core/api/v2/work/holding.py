"""How a pop is answered, whatever its kind of work: at once or held, and so that no job is lost with a connection."""

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Final

import msgspec
from aiohttp import web

from core.api.context import HELD, ApiContext
from core.api.held import is_gone
from core.api.operations import Call, Reply
from core.domain.errors import NotPermitted, WorkerMaintenance
from core.domain.guard import Mode
from core.domain.ids import AccountId, RequestId
from core.domain.jobs import Popped
from core.domain.kinds.kind import Kind
from core.domain.policy import QueuePolicy
from core.domain.workers.offer import WorkerOffer
from core.ports.points import Step
from core.ports.store import Transaction
from core.services.queue.pop import pop
from core.services.queue.progress import tell
from core.services.queue.release import release
from core.wire import Rc

log = logging.getLogger(__name__)

CANCELLED_HEADER: Final = "Horde-Cancelled"
"""Ours: on a held pop, the ids of the jobs in the worker's hands that nobody wants any more."""
_WAIT: Final = re.compile(r'(?:^|,)\s*wait\s*=\s*"?(\d{1,6})"?\s*(?=[;,]|$)', re.IGNORECASE)


def preferred_wait_s(prefer: Sequence[str]) -> int | None:
    """Return the seconds of the first ``wait`` in the Prefer headers (RFC 7240), None where there is none."""
    match = _WAIT.search(",".join(prefer))
    return int(match[1]) if match else None


async def answer_pop(
    call: Call[msgspec.Struct, None], offer: WorkerOffer, reply_of: Callable[[Popped], msgspec.Struct]
) -> web.StreamResponse:
    """Give the worker a job, or say that there is none; with ``Prefer: wait=N`` only after N seconds without one.

    Raises:
        NotPermitted: the anonymous account has no workers.
    """
    request, context, account = call.request, call.context, call.account
    if account.is_anonymous:
        raise NotPermitted(
            "A worker needs an account of its own, which earns the kudos. Make one (`horde account create NAME`) and "
            "give its key.",
            code=Rc.ANON_FORBIDDEN_WORKER,
        )
    wait_s = preferred_wait_s(request.headers.getall("Prefer", ()))
    address = context.addresses.of(request)
    await context.standing.admit(address)
    await context.standing.came_from(address, worker_name=offer.name, owner=account)
    popped = await _claim(request, context, offer, holds=wait_s is not None)
    if wait_s is not None:
        wait_s = min(wait_s, context.hold_s_max)
        popped = await _hold(request, context, offer, popped, wait_s=wait_s)
    context.meters.popped(offer.kind.value, jobs=len(popped.jobs), skipped=popped.skipped)
    headers = {} if wait_s is None else {"Preference-Applied": f"wait={wait_s}"}
    if popped.cancelled:
        headers[CANCELLED_HEADER] = ", ".join(popped.cancelled)
    return await _hand_over(call, popped, Reply(message=reply_of(popped), headers=headers))


async def _hold(
    request: web.Request, context: ApiContext, offer: WorkerOffer, popped: Popped, *, wait_s: int
) -> Popped:
    """Return the first job that comes within the time, or the last empty answer; at once where a job is cancelled.

    Only the wait can be ended early (client gone, server stopping, a job in the worker's hands cancelled), never a
    claim. A wake-up that finds its client gone is passed on to the next that waits.
    """
    now = asyncio.get_running_loop().time
    until, may_fit = now() + wait_s, context.uow.fits(offer)
    hinted: set[int] = set()

    def fits(lane_id: int) -> bool:
        fit = may_fit(lane_id)
        if fit:
            hinted.add(lane_id)
        return fit

    while not popped.jobs and not popped.cancelled and (left_s := until - now()) > 0:
        woken = False
        hinted.clear()
        async with request.app[HELD].hold(request, wait_s=left_s):
            woken = await _woken(context, fits, popped.in_hand, wait_s=left_s)
        if is_gone(request):
            context.wakeup.notify(hinted)
            break
        if not woken:
            break
        popped = await _claim(request, context, offer, holds=True)
    return popped


async def _woken(
    context: ApiContext, fits: Callable[[int], bool], in_hand: Sequence[RequestId], *, wait_s: float
) -> bool:
    """Return True when there may be work, or something has happened to what the worker is at; False after the time."""
    if not in_hand or context.changes.is_full:
        return await context.wakeup.wait(fits, timeout_s=wait_s)
    async with AsyncExitStack() as watching, asyncio.TaskGroup() as tasks:
        watches = [await watching.enter_async_context(context.changes.watching(one)) for one in in_hand]
        work = tasks.create_task(context.wakeup.wait(fits, timeout_s=wait_s))
        news = [tasks.create_task(watch.changed()) for watch in watches]
        try:
            await asyncio.wait([work, *news], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, *news):
                task.cancel()
        return any(task.done() and not task.cancelled() for task in news) or (
            work.done() and not work.cancelled() and work.result()
        )


async def _claim(request: web.Request, context: ApiContext, offer: WorkerOffer, *, holds: bool) -> Popped:
    """Return what the queue has for the worker; nothing if it has hung up, or the horde is in maintenance.

    holds: where there is nothing, the worker waits, and is told of what was cancelled in its hands.
    """
    modes = (await context.standing.now()).modes
    if is_gone(request) or Mode.MAINTENANCE in modes:
        return Popped()
    policy, now_ms = context.standing.policy_under(context.policy, modes), context.clock.now_ms()

    def claim(tx: Transaction) -> Popped:
        limit = 1 if offer.kind is Kind.ALCHEMY else offer.amount
        popped = pop(tx, offer=offer, policy=policy, now_ms=now_ms, limit=limit)
        if popped.jobs:
            return _more_forms(tx, offer, popped, policy=policy, now_ms=now_ms)
        return tell(tx, popped, now_ms=now_ms) if holds else popped

    return await context.uow.write(claim, step=Step.POP, brief=True)


def _more_forms(tx: Transaction, offer: WorkerOffer, popped: Popped, *, policy: QueuePolicy, now_ms: int) -> Popped:
    """Return the pop with as many forms as an alchemist wants: each of its own lane, for not every form fits."""
    if offer.kind is not Kind.ALCHEMY:
        return popped
    jobs = list(popped.jobs)
    while len(jobs) < offer.amount:
        try:
            more = pop(tx, offer=offer, policy=policy, now_ms=now_ms)
        except WorkerMaintenance:
            break  # it serves its owner only, who has no more
        if not more.jobs:
            break
        jobs += more.jobs
    return replace(popped, jobs=tuple(jobs))


async def _hand_over(call: Call[msgspec.Struct, None], popped: Popped, answer: Reply) -> web.StreamResponse:
    """Send the reply; jobs whose reply cannot be sent wait again at once."""
    request, reply = call.request, call.respond(answer)
    if not popped.jobs:
        return reply
    call.context.handed_out.note(popped.jobs)
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
            await _give_back(call.context, popped, account_id=call.account.id)
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
