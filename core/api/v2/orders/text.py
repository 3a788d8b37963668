"""The client's routes for texts: ask for them, look how far they are and take them, or want no more of them."""

import logging
from typing import Final, Literal

from msgspec import UNSET, convert, structs, to_builtins

from core.api.auth import client_agent_of
from core.api.limits import a_minute
from core.api.limits.limit import ORDER
from core.api.operations import Answer, Call, Caller, Operation, Operations, Reply, Tag
from core.api.v2.orders import seen, waiting
from core.api.v2.orders.asking import accepted_of, ask, check_webhook, price_of, replayed
from core.api.v2.orders.styling import styled_texts
from core.domain.accounts import Account
from core.domain.errors import InvalidRequest, NotPermitted
from core.domain.ids import WorkerId
from core.domain.kinds.kind import Kind
from core.domain.kinds.text import TextParams
from core.domain.requests import JobResult, RequestDraft
from core.wire import Rc
from core.wire.requests import RequestAsync
from core.wire.text import (
    GenerationInputKobold,
    GenerationKobold,
    GenerationMetadataKobold,
    ModelGenerationInputKobold,
    ModelPayloadStyleKobold,
    RequestStatusKobold,
)

log = logging.getLogger(__name__)

_STOPS_MAX: Final = 128
_STOP_CHARS_MAX: Final = 2_000
_SAMPLERS: Final = 7


async def order_texts(call: Call[GenerationInputKobold, None]) -> Answer:
    """Put an order into the queue: 202 with its id and price; a dry run only says the price."""
    call, chosen = await styled_texts(call)
    context, order = call.context, call.message
    check_webhook(order.webhook)
    check_author(order, account=call.account)
    check_params(order.params)
    draft = draft_of(order, client_agent=client_agent_of(call.request))
    if order.dry_run:
        return await price_of(context, draft)
    accepted = await ask(
        call, draft, is_screened=False, allow_downgrade=order.allow_downgrade, chosen=chosen, webhook=order.webhook
    )
    told = accepted_of(accepted, lifetime_s=context.policy.request_lifetime_s)
    return Reply(message=structs.replace(told, warnings=UNSET), status=202, headers=replayed(accepted))


def check_author(order: GenerationInputKobold, *, account: Account) -> None:
    """Return if the order's author may ask for it.

    Raises:
        InvalidRequest, NotPermitted: what this author may not ask for, or nobody may.
    """
    if order.proxied_account and not account.service:
        message = "Only service accounts may ask in the name of others. Leave proxied_account out."
        raise InvalidRequest(message, field="proxied_account", code=Rc.ONLY_SERVICE_ACCOUNT_PROXY)
    if order.extra_source_images:
        message = "Texts are written without pictures. Leave extra_source_images out."
        raise InvalidRequest(message, field="extra_source_images", code=Rc.INVALID_EXTRA_SOURCE_IMAGES)
    if order.disable_batching and order.params.n > 1 and not account.trusted:
        message = f"Only trusted accounts may have {order.params.n} texts written singly. Leave disable_batching out."
        raise NotPermitted(message, code=Rc.REQUIRES_TRUST)


def check_params(params: ModelGenerationInputKobold) -> None:
    """Return if the lists of the parameters are within their limits.

    Raises:
        InvalidRequest: not every sampler in their order, or too many or too long stop sequences.
    """
    order = () if params.sampler_order is UNSET else params.sampler_order
    if order and len(set(order)) < _SAMPLERS:
        message = f"sampler_order names {len(set(order))} samplers; all {_SAMPLERS} are needed. Name each once."
        raise InvalidRequest(
            message,
            field="params.sampler_order",
            limit=_SAMPLERS,
            value=len(set(order)),
            code=Rc.MISSING_FULL_SAMPLER_ORDER,
        )
    stops = () if params.stop_sequence is UNSET else params.stop_sequence
    if len(stops) > _STOPS_MAX:
        message = f"There are {len(stops)} stop sequences; {_STOPS_MAX} are taken. Leave some out."
        raise InvalidRequest(
            message, field="params.stop_sequence", limit=_STOPS_MAX, value=len(stops), code=Rc.TOO_MANY_STOP_SEQUENCES
        )
    chars = sum(map(len, stops))
    if chars > _STOP_CHARS_MAX:
        message = f"The stop sequences have {chars} characters together; {_STOP_CHARS_MAX} are taken. Shorten them."
        raise InvalidRequest(
            message, field="params.stop_sequence", limit=_STOP_CHARS_MAX, value=chars, code=Rc.EXCESSIVE_STOP_SEQUENCE
        )


def draft_of(order: GenerationInputKobold, *, client_agent: str) -> RequestDraft:
    """Return what the order asks for."""
    params = order.params
    style = {name: getattr(params, name) for name in ModelPayloadStyleKobold.__struct_fields__}
    extra = {name: to_builtins(value) for name, value in style.items() if value is not UNSET}
    if order.proxied_account:
        extra["proxied_account"] = order.proxied_account
    return RequestDraft(
        kind=Kind.TEXT,
        prompt=order.prompt,
        models=order.models,
        n=params.n,
        params=TextParams(
            length_max=params.max_length,
            context_max=params.max_context_length,
            softprompt=order.softprompt or None,
            validated_backends=order.validated_backends,
        ),
        trusted_workers=order.trusted_workers,
        slow_workers=order.slow_workers,
        extra_slow_workers=order.extra_slow_workers,
        worker_ids=tuple(WorkerId(worker) for worker in order.workers),
        worker_blacklist=bool(order.worker_blacklist),
        client_agent=client_agent,
        extra=extra,
    )


async def text_status(call: Call[None, None]) -> Answer:
    """Say how far an order is and give its texts; with ``Prefer: wait=N`` once that has changed."""
    found, headers = await waiting.look(call, kind=Kind.TEXT)
    return Reply(message=status_of(found), headers=headers)


async def cancel_texts(call: Call[None, None]) -> Answer:
    """Make sure that no more of the order is written; answer with its full status."""
    request_id = seen.order_id_of(call.at("id"))
    log.info("request.cancel_asked request_id=%s", request_id)
    use_case = seen.cancel_and_look(call.context, request_id, kind=Kind.TEXT)
    return status_of(await call.context.uow.write(use_case))


def status_of(found: seen.Seen) -> RequestStatusKobold:
    """Return the status with its texts."""
    generations = tuple(map(generation_of, found.status.results))
    return RequestStatusKobold(**structs.asdict(seen.check_of(found)), generations=generations)


def generation_of(result: JobResult) -> GenerationKobold:
    """Return one text as v2 says it."""
    state: Literal["ok", "censored"] = "censored" if result.state == "censored" else "ok"
    return GenerationKobold(
        text=str((result.body or {}).get("text", "")),
        seed=result.seed,
        model=result.model,
        worker_id=result.worker_id,
        worker_name=result.worker_name,
        state=state,
        gen_metadata=tuple(convert(entry, GenerationMetadataKobold) for entry in result.gen_metadata),
    )


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/api/v2/generate/text/async",
        id="post_text_async_generate",
        tag=Tag.TEXT,
        summary="Ask for texts",
        handler=order_texts,
        body=GenerationInputKobold,
        replies={200: RequestAsync, 202: RequestAsync},
        refusals={
            400: (
                Rc.BAD_REQUEST,
                Rc.EXCESSIVE_STOP_SEQUENCE,
                Rc.INVALID_EXTRA_SOURCE_IMAGES,
                Rc.INVALID_PROMPT_SIZE,
                Rc.MAINTENANCE_MODE,
                Rc.MISSING_FULL_SAMPLER_ORDER,
                Rc.MISSING_PROMPT,
                Rc.ONLY_SERVICE_ACCOUNT_PROXY,
                Rc.SHARED_KEY_INVALID,
                Rc.TOKEN_OVERFLOW,
                Rc.TOO_MANY_STOP_SEQUENCES,
            ),
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
        path="/api/v2/generate/text/status/{id}",
        id="get_text_async_status",
        tag=Tag.TEXT,
        summary="How far an order is, with its texts",
        handler=text_status,
        headers=waiting.WaitHeaders,
        replies={200: RequestStatusKobold},
        refusals={404: (Rc.REQUEST_NOT_FOUND,)},
        limits=(a_minute(60),),
    ),
    Operation(
        method="DELETE",
        path="/api/v2/generate/text/status/{id}",
        id="delete_text_async_status",
        tag=Tag.TEXT,
        summary="Want no more of an order",
        handler=cancel_texts,
        replies={200: RequestStatusKobold},
        refusals={404: (Rc.REQUEST_NOT_FOUND,)},
        limits=(a_minute(60),),
    ),
)
