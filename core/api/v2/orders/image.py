"""The client's routes: ask for pictures, look how far they are, take them, or want no more of them."""

import asyncio
import logging

from core.api.auth import client_agent_of
from core.api.context import ApiContext
from core.api.limits import a_minute, a_second
from core.api.limits.limit import ORDER
from core.api.operations import Answer, Call, Caller, Operation, Operations, Reply, Tag
from core.api.v2.amounts import kudos_of
from core.api.v2.orders import seen
from core.api.v2.orders.drafts import draft_of
from core.domain.kinds.prices import price_mk
from core.domain.moderation import Verdict
from core.domain.queue.limits import check
from core.ports.store import Transaction
from core.services.queue.cancel import cancel
from core.services.queue.submit import submit
from core.wire import Rc
from core.wire.requests import GenerationInputStable, RequestAsync, RequestStatusCheck, RequestStatusStable

_SHORT_PROMPT_CHARS = 500

log = logging.getLogger(__name__)


async def order_pictures(call: Call[GenerationInputStable, None]) -> Answer:
    """Put an order into the queue: 202 with its id and price; a dry run only says the price."""
    context, account, order = call.context, call.account, call.message
    draft = draft_of(order, client_agent=client_agent_of(call.request))
    check(draft, context.policy)
    if order.dry_run:
        return RequestAsync(kudos=kudos_of(price_mk(draft, context.policy)))
    verdict = await _screened(context, draft.prompt)
    now_ms = context.clock.now_ms()
    accepted = await context.uow.write(
        lambda tx: submit(
            tx,
            account_id=account.id,
            draft=draft,
            verdict=verdict,
            policy=context.policy,
            now_ms=now_ms,
            idempotency_key=call.once.key if call.once else None,
        )
    )
    log.info(
        "request.accepted request_id=%s account_id=%s jobs=%s price_mk=%s",
        accepted.request_id,
        account.id,
        len(accepted.job_ids),
        accepted.price_mk,
    )
    return Reply(message=seen.accepted(accepted, lifetime_s=context.policy.request_lifetime_s), status=202)


async def _screened(context: ApiContext, prompt: str) -> Verdict:
    """Return the verdict on the prompt; a long one is judged in a thread, for it takes some 40 ms."""
    if len(prompt) <= _SHORT_PROMPT_CHARS:
        return context.screening.screen_prompt(prompt)
    return await asyncio.to_thread(context.screening.screen_prompt, prompt)


async def check_order(call: Call[None, None]) -> Answer:
    """Say how far an order is. Needs no key: who knows the id may ask."""
    look = seen.look(call.context, seen.order_id_of(call.at("id")))
    return seen.check_of(await call.context.uow.read(look))


async def order_status(call: Call[None, None]) -> Answer:
    """Say how far an order is and give its pictures, again and again if asked."""
    look = seen.look(call.context, seen.order_id_of(call.at("id")))
    return await seen.status_of(call.context, await call.context.uow.read(look))


async def cancel_order(call: Call[None, None]) -> Answer:
    """Make sure that no more of the order is made; answer with its full status, also when it was finished long ago."""
    context, request_id = call.context, seen.order_id_of(call.at("id"))
    now_ms, look = context.clock.now_ms(), seen.look(context, request_id)

    def cancel_and_look(tx: Transaction) -> seen.Seen:
        cancel(tx, request_id=request_id, now_ms=now_ms)
        return look(tx)

    log.info("request.cancel_asked request_id=%s", request_id)
    return await seen.status_of(context, await context.uow.write(cancel_and_look))


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/api/v2/generate/async",
        id="post_image_async_generate",
        tag=Tag.IMAGE,
        summary="Ask for pictures",
        handler=order_pictures,
        body=GenerationInputStable,
        replies={200: RequestAsync, 202: RequestAsync},
        refusals={
            400: (Rc.CORRUPT_PROMPT, Rc.INVALID_PROMPT_SIZE, Rc.MISSING_PROMPT, Rc.SOURCE_IMAGE_URL_INVALID),
            403: (Rc.KUDOS_UPFRONT,),
            404: (Rc.STYLE_NOT_FOUND, Rc.WORKER_NOT_FOUND),
            429: (Rc.TOO_MANY_PROMPTS,),
        },
        caller=Caller.ACCOUNT,
        limits=ORDER,
        pictures=True,
        idempotent=True,
    ),
    Operation(
        method="GET",
        path="/api/v2/generate/check/{id}",
        id="get_image_async_check",
        tag=Tag.IMAGE,
        summary="How far an order is, without its pictures",
        handler=check_order,
        replies={200: RequestStatusCheck},
        refusals={404: (Rc.REQUEST_NOT_FOUND,)},
        limits=(a_second(10),),
    ),
    Operation(
        method="GET",
        path="/api/v2/generate/status/{id}",
        id="get_image_async_status",
        tag=Tag.IMAGE,
        summary="How far an order is, with its pictures",
        handler=order_status,
        replies={200: RequestStatusStable},
        refusals={404: (Rc.REQUEST_NOT_FOUND,)},
        limits=(a_minute(10),),
    ),
    Operation(
        method="DELETE",
        path="/api/v2/generate/status/{id}",
        id="delete_image_async_status",
        tag=Tag.IMAGE,
        summary="Want no more of an order",
        handler=cancel_order,
        replies={200: RequestStatusStable},
        refusals={404: (Rc.REQUEST_NOT_FOUND,)},
        limits=(a_minute(10),),
    ),
)
