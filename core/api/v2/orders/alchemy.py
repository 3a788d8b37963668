"""The client's routes for alchemy: have forms of a picture made, look how far they are, or want no more of them."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from msgspec import UNSET

from core.api.auth import client_agent_of
from core.api.context import ApiContext
from core.api.limits import a_second
from core.api.operations import Answer, Call, Caller, Operation, Operations, Reply, Tag
from core.api.v2.nesting import check_carried
from core.api.v2.orders import seen
from core.api.v2.orders.asking import accepted_of, ask, check_webhook, replayed
from core.api.v2.orders.pictures import take
from core.domain.ids import RequestId
from core.domain.jobs import Job, JobState
from core.domain.kinds.alchemy import AlchemyParams, Form, params_of, tiles_of
from core.domain.kinds.kind import Kind
from core.domain.queue.limits import check
from core.domain.requests import JobResult, RequestDraft
from core.ports.store import ReadTransaction, Transaction
from core.wire import Rc
from core.wire.alchemy import (
    InterrogationFormStatus,
    InterrogationStatus,
    ModelInterrogationInputStable,
    RequestInterrogationResponse,
    State,
)

log = logging.getLogger(__name__)

UPLOADED: Final = "R2"
_STATES: Final[Mapping[JobState, State]] = {
    JobState.WAITING: "waiting",
    JobState.LEASED: "processing",
    JobState.DONE: "done",
    JobState.FAULTED: "faulted",
    JobState.EXPIRED: "faulted",
    JobState.CANCELLED: "cancelled",
}


async def order_forms(call: Call[ModelInterrogationInputStable, None]) -> Answer:
    """Put an order into the queue, a job a form: 202 with its id."""
    context, order = call.context, call.message
    check_webhook(order.webhook)
    for number, form in enumerate(order.forms):
        check_carried(form.payload, field=f"forms.{number}.payload", bytes_max=context.policy.extra_bytes_max)
    forms = tuple(Form(name=form.name, payload=form.payload) for form in order.forms)
    params = AlchemyParams(forms=forms, source_image="given")
    draft = RequestDraft(
        kind=Kind.ALCHEMY,
        params=params,
        trusted_workers=order.trusted_workers,
        slow_workers=order.slow_workers,
        extra_slow_workers=order.extra_slow_workers,
        client_agent=client_agent_of(call.request),
    )
    check(draft, context.policy)
    source = await take(context, order.source_image, "source_image")
    tiles = tiles_of(width_px=source.width_px, height_px=source.height_px)
    draft = replace(draft, params=replace(params, source_image=source.key, tiles=tiles))
    accepted = await ask(call, draft, is_screened=False, webhook=order.webhook)
    told = accepted_of(accepted, lifetime_s=context.policy.request_lifetime_s)
    return Reply(
        message=RequestInterrogationResponse(id=accepted.request_id, message=told.message),
        status=202,
        headers=replayed(accepted),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Forms:
    """One look at an order: its forms' names, their jobs, and the results that are there."""

    names: Sequence[str]
    jobs: Sequence[Job]
    results: Sequence[JobResult]


def _look(context: ApiContext, request_id: RequestId) -> Callable[[ReadTransaction | Transaction], _Forms]:
    """Return a query that looks at the order's forms as they are now; it raises ``NotFound``."""
    query = seen.look(context, request_id, kind=Kind.ALCHEMY)

    def forms(tx: ReadTransaction | Transaction) -> _Forms:
        found = query(tx)
        request = tx.requests.get(request_id)
        names = [form.name for form in params_of(request.draft).forms] if request is not None else []
        return _Forms(names=names, jobs=tx.jobs.of_request(request_id), results=found.status.results)

    return forms


async def form_status(call: Call[None, None]) -> Answer:
    """Say how far each form is, with the results that are there."""
    look = _look(call.context, seen.order_id_of(call.at("id")))
    return await _status_of(call.context, await call.context.uow.read(look))


async def cancel_forms(call: Call[None, None]) -> Answer:
    """Make sure that no more of the order is made; answer with how far each form came."""
    request_id = seen.order_id_of(call.at("id"))
    cancel, look = (
        seen.cancel_and_look(call.context, request_id, kind=Kind.ALCHEMY),
        _look(call.context, request_id),
    )

    def cancel_and_look(tx: Transaction) -> _Forms:
        cancel(tx)
        return look(tx)

    log.info("request.cancel_asked request_id=%s", request_id)
    return await _status_of(call.context, await call.context.uow.write(cancel_and_look))


async def _status_of(context: ApiContext, found: _Forms) -> InterrogationStatus:
    results = {result.ordinal: result for result in found.results}
    forms = [
        InterrogationFormStatus(
            form=found.names[job.ordinal],
            state=_STATES[job.state],
            result=await result_of(context, results.get(job.ordinal), found.names[job.ordinal]) or UNSET,
        )
        for job in sorted(found.jobs, key=lambda job: job.ordinal)
    ]
    return InterrogationStatus(state=overall({form.state for form in forms}), forms=tuple(forms))


async def result_of(context: ApiContext, result: JobResult | None, name: str) -> dict[str, object] | None:
    """Return a form's result under its name; a picture's address (or itself as base64) where one was made."""
    if result is None:
        return None
    if result.object_key:
        inline = not seen.has_https_pictures(context)
        return {name: await seen.picture_of(context, result.object_key, inline=inline)}
    return dict(result.body or {})


def overall(states: set[State]) -> State:
    """Return an order's state by its forms': all alike, or what is still to come, or partial."""
    if states in ({"faulted"}, {"done"}, {"cancelled"}):
        return next(iter(states))
    if "processing" in states:
        return "processing"
    return "waiting" if "waiting" in states else "partial"


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/api/v2/interrogate/async",
        id="post_interrogate",
        tag=Tag.ALCHEMY,
        summary="Have a picture read or changed",
        handler=order_forms,
        body=ModelInterrogationInputStable,
        replies={202: RequestInterrogationResponse},
        refusals={
            400: (
                Rc.BAD_REQUEST,
                Rc.IMAGE_VALIDATION_FAILED,
                Rc.SOURCE_IMAGE_RESOLUTION_EXCEEDED,
                Rc.SOURCE_IMAGE_SIZE_EXCEEDED,
                Rc.SOURCE_IMAGE_UNREADABLE,
                Rc.SOURCE_IMAGE_URL_INVALID,
            ),
            403: (Rc.DELETED_USER, Rc.KUDOS_UPFRONT),
            429: (Rc.TOO_MANY_PROMPTS,),
        },
        caller=Caller.ACCOUNT,
        pictures=True,
        idempotent=True,
    ),
    Operation(
        method="GET",
        path="/api/v2/interrogate/status/{id}",
        id="get_interrogation_status",
        tag=Tag.ALCHEMY,
        summary="How far each form is, with the results that are there",
        handler=form_status,
        replies={200: InterrogationStatus},
        refusals={404: (Rc.REQUEST_NOT_FOUND,)},
        limits=(a_second(10),),
    ),
    Operation(
        method="DELETE",
        path="/api/v2/interrogate/status/{id}",
        id="delete_interrogation_status",
        tag=Tag.ALCHEMY,
        summary="Want no more of an order",
        handler=cancel_forms,
        replies={200: InterrogationStatus},
        refusals={404: (Rc.REQUEST_NOT_FOUND,)},
        limits=(a_second(10),),
    ),
)
