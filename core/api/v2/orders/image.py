"""The client's routes: ask for pictures, look how far they are, take them, or want no more of them."""

import logging
from typing import Final

from msgspec import UNSET

from core.api.auth import client_agent_of
from core.api.limits import a_minute, a_second
from core.api.limits.limit import ORDER
from core.api.operations import Answer, Call, Caller, Operation, Operations, Reply, Tag
from core.api.v2.nesting import check_carried
from core.api.v2.orders import seen, waiting
from core.api.v2.orders.asking import accepted_of, ask, check_webhook, price_of, replayed
from core.api.v2.orders.drafts import draft_of
from core.api.v2.orders.pictures import with_pictures, without_pictures
from core.api.v2.orders.rules import check_order
from core.api.v2.orders.styling import styled_pictures
from core.domain.kinds.kind import Kind
from core.domain.queue.limits import check
from core.wire import Rc
from core.wire.requests import GenerationInputStable, RequestAsync, RequestStatusCheck, RequestStatusStable

log = logging.getLogger(__name__)

ORDER_REFUSALS: Final = (
    Rc.BAD_CFG_DECIMALS,
    Rc.BAD_LORA_VERSION,
    Rc.BAD_REQUEST,
    Rc.CONTROL_NET_INPAINTING_MISMATCH,
    Rc.CONTROL_NET_INVALID_PAYLOAD,
    Rc.CONTROL_NET_MISMATCH,
    Rc.CONTROL_NET_MISMATCH_OF_WORKFLOW,
    Rc.CONTROL_NET_SOURCE_MISSING,
    Rc.CORRUPT_PROMPT,
    Rc.HI_RES_MISMATCH,
    Rc.IMAGE_VALIDATION_FAILED,
    Rc.INPAINTING_MISSING_MASK,
    Rc.INVALID_EXTRA_SOURCE_IMAGES,
    Rc.INVALID_EXTRA_TEXTS,
    Rc.INVALID_PROMPT_SIZE,
    Rc.INVALID_SIZE,
    Rc.INVALID_TRANSPARENCY_CN,
    Rc.INVALID_TRANSPARENCY_IMG_TO_IMG,
    Rc.INVALID_TRANSPARENCY_MODEL,
    Rc.MISSING_EXTRA_TEXTS,
    Rc.MAINTENANCE_MODE,
    Rc.MISSING_PROMPT,
    Rc.MORE_THAN_MIN_EXTRA_SOURCE_IMAGE,
    Rc.ONLY_SERVICE_ACCOUNT_PROXY,
    Rc.SHARED_KEY_INVALID,
    Rc.SOURCE_IMAGE_RESOLUTION_EXCEEDED,
    Rc.SOURCE_IMAGE_SIZE_EXCEEDED,
    Rc.SOURCE_IMAGE_UNREADABLE,
    Rc.SOURCE_IMAGE_URL_INVALID,
    Rc.SOURCE_MASK_UNNECESSARY,
    Rc.SPECIAL_FIELD_NEEDS_SPECIAL_USER,
    Rc.TOO_MANY_EXTRA_SOURCE_IMAGES,
    Rc.TOO_MANY_LORAS,
    Rc.TOO_MANY_TIS,
    Rc.TOO_MANY_UPSCALERS,
    Rc.UNEXPECTED_MODEL_NAME,
    Rc.UNKNOWN_MODEL,
)


async def order_pictures(call: Call[GenerationInputStable, None]) -> Answer:
    """Put an order into the queue: 202 with its id and price; a dry run only says the price."""
    call, chosen = await styled_pictures(call)
    context, order = call.context, call.message
    check_webhook(order.webhook)
    check_order(order, account=call.account, policy=context.policy)
    if order.params.special is not UNSET:
        check_carried(order.params.special, field="params.special", bytes_max=context.policy.extra_bytes_max)
    draft = draft_of(without_pictures(order), client_agent=client_agent_of(call.request))
    if order.dry_run:
        return await price_of(context, draft)
    if order.source_image or order.extra_source_images:
        check(draft, context.policy)  # before anything is fetched
        draft = await with_pictures(context, order, draft)
    accepted = await ask(
        call,
        draft,
        reworded=order.replacement_filter,
        allow_downgrade=order.allow_downgrade,
        chosen=chosen,
        webhook=order.webhook,
    )
    return Reply(
        message=accepted_of(accepted, lifetime_s=context.policy.request_lifetime_s),
        status=202,
        headers=replayed(accepted),
    )


async def check_order_of(call: Call[None, None]) -> Answer:
    """Say how far an order is, with ``Prefer: wait=N`` once that has changed. Who knows the id may ask, without key."""
    found, headers = await waiting.look(call, kind=Kind.IMAGE)
    return Reply(message=seen.check_of(found), headers=headers)


async def order_status(call: Call[None, None]) -> Answer:
    """Say how far an order is and give its pictures, again and again if asked."""
    found, headers = await waiting.look(call, kind=Kind.IMAGE)
    return Reply(message=await seen.status_of(call.context, found), headers=headers)


async def cancel_order(call: Call[None, None]) -> Answer:
    """Make sure that no more of the order is made; answer with its full status, also when it was finished long ago."""
    context, request_id = call.context, seen.order_id_of(call.at("id"))
    log.info("request.cancel_asked request_id=%s", request_id)
    use_case = seen.cancel_and_look(context, request_id, kind=Kind.IMAGE)
    return await seen.status_of(context, await context.uow.write(use_case))


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
            400: ORDER_REFUSALS,
            403: (
                Rc.DELETED_USER,
                Rc.KUDOS_UPFRONT,
                Rc.REQUIRES_TRUST,
                Rc.SHARED_KEY_EMPTY,
                Rc.SHARED_KEY_EXPIRED,
                Rc.SHARED_KEY_INSUFFICIENT_KUDOS,
                Rc.TIMEOUT_IP,
            ),
            404: (Rc.STYLE_NOT_FOUND, Rc.WORKER_NOT_FOUND),
            429: (Rc.TOO_MANY_PROMPTS,),
        },
        caller=Caller.ACCOUNT,
        shared_keys=True,
        limits=ORDER,
        often=True,
        pictures=True,
        idempotent=True,
    ),
    Operation(
        method="GET",
        path="/api/v2/generate/check/{id}",
        id="get_image_async_check",
        tag=Tag.IMAGE,
        summary="How far an order is, without its pictures",
        handler=check_order_of,
        headers=waiting.WaitHeaders,
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
        headers=waiting.WaitHeaders,
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
