"""The client's routes: ask for pictures, look how far they are, take them, or want no more of them."""

import asyncio
import logging

from aiohttp import web

from core.api.auth import account_of, client_agent_of
from core.api.bodies import json_reply, read_message
from core.api.context import CONTEXT, ApiContext
from core.api.v2 import replies
from core.api.v2.drafts import draft_of
from core.domain.errors import NotFound
from core.domain.ids import RequestId
from core.domain.kinds.prices import price_mk
from core.domain.moderation import Verdict
from core.domain.queue.limits import check
from core.ports.store import Transaction
from core.services.queue.cancel import cancel
from core.services.queue.submit import submit
from core.wire import Rc
from core.wire.requests import GenerationInputStable, RequestAsync

_ID_CHARS = 36
_SHORT_PROMPT_CHARS = 500

log = logging.getLogger(__name__)


def routes() -> list[web.RouteDef]:
    """Return the client's routes."""
    return [
        web.post("/api/v2/generate/async", order_pictures),
        web.get("/api/v2/generate/check/{id}", check_order),
        web.get("/api/v2/generate/status/{id}", order_status),
        web.delete("/api/v2/generate/status/{id}", cancel_order),
    ]


async def order_pictures(request: web.Request) -> web.Response:
    """Put an order into the queue: 202 with its id and price; a dry run only says the price."""
    context = request.app[CONTEXT]
    account = await account_of(request)
    order = await read_message(
        request, GenerationInputStable, bytes_max=context.base64_body_bytes_max, body_s=context.body_s_max
    )
    draft = draft_of(order, client_agent=client_agent_of(request))
    check(draft, context.policy)
    if order.dry_run:
        return json_reply(RequestAsync(kudos=replies.kudos_of(price_mk(draft, request.app[CONTEXT].policy))))
    verdict = await _screened(context, draft.prompt)
    now_ms = context.clock.now_ms()
    accepted = await context.uow.write(
        lambda tx: submit(tx, account_id=account.id, draft=draft, verdict=verdict, policy=context.policy, now_ms=now_ms)
    )
    log.info(
        "request.accepted request_id=%s account_id=%s jobs=%s price_mk=%s",
        accepted.request_id,
        account.id,
        len(accepted.job_ids),
        accepted.price_mk,
    )
    return json_reply(replies.accepted(accepted, lifetime_s=context.policy.request_lifetime_s), status=202)


async def _screened(context: ApiContext, prompt: str) -> Verdict:
    """Return the verdict on the prompt; a long one is judged in a thread, for it takes some 40 ms."""
    if len(prompt) <= _SHORT_PROMPT_CHARS:
        return context.screening.screen_prompt(prompt)
    return await asyncio.to_thread(context.screening.screen_prompt, prompt)


async def check_order(request: web.Request) -> web.Response:
    """Say how far an order is. Needs no key: who knows the id may ask."""
    context, request_id = request.app[CONTEXT], order_id_of(request)
    return json_reply(replies.check_of(await context.uow.read(replies.look(context, request_id))))


async def order_status(request: web.Request) -> web.Response:
    """Say how far an order is and give its pictures, again and again if asked."""
    context, request_id = request.app[CONTEXT], order_id_of(request)
    found = await context.uow.read(replies.look(context, request_id))
    return json_reply(await replies.status_of(context, found))


async def cancel_order(request: web.Request) -> web.Response:
    """Make sure that no more of the order is made; answer with its full status, also when it was finished long ago."""
    context, request_id = request.app[CONTEXT], order_id_of(request)
    now_ms, look = context.clock.now_ms(), replies.look(context, request_id)

    def cancel_and_look(tx: Transaction) -> replies.Seen:
        cancel(tx, request_id=request_id, now_ms=now_ms)
        return look(tx)

    log.info("request.cancel_asked request_id=%s", request_id)
    return json_reply(await replies.status_of(context, await context.uow.write(cancel_and_look)))


def order_id_of(request: web.Request) -> RequestId:
    """Return the id in the request's address.

    Raises:
        NotFound: it cannot be one.
    """
    given = request.match_info["id"]
    if len(given) != _ID_CHARS or not given.isascii():
        raise NotFound(
            "There is no request with this id: ids are UUIDs of 36 characters. Use the id that the order was answered "
            "with.",
            code=Rc.REQUEST_NOT_FOUND,
        )
    return RequestId(given.lower())
