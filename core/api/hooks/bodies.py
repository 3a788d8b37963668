"""What a delivery says, read when it is tried: pictures as addresses, or inside where their asker wants that."""

from typing import Literal, cast

import msgspec
from msgspec import structs

from core.api.context import ApiContext
from core.api.v2.amounts import kudos_of
from core.api.v2.orders import alchemy, seen, text
from core.domain.calls.deliveries import Delivery
from core.domain.kinds.alchemy import params_of
from core.domain.kinds.kind import Kind
from core.domain.requests import JobResult, Request
from core.ports.store import ReadTransaction
from core.wire.webhooks import WebhookEnd, WebhookForm, WebhookPicture, WebhookText

_Ended = Literal["request_finished", "request_faulted", "request_cancelled", "request_expired"]


async def body_of(context: ApiContext, delivery: Delivery) -> bytes | None:
    """Return the JSON of a delivery; None where what it is about has been forgotten."""
    if delivery.job_id is None:
        return msgspec.json.encode(_end(delivery))

    def look(tx: ReadTransaction) -> tuple[Request, JobResult] | None:
        request = tx.requests.get(delivery.request_id)
        found = [one for one in tx.requests.results(delivery.request_id) if one.job_id == delivery.job_id]
        return (request, found[0]) if request is not None and found else None

    found = await context.uow.read(look)
    return None if found is None else msgspec.json.encode(await _made(context, *found))


async def _made(context: ApiContext, request: Request, result: JobResult) -> msgspec.Struct:
    kudos = kudos_of(result.price_mk)
    if request.draft.kind is Kind.IMAGE:
        inline = not request.draft.r2 or not seen.has_https_pictures(context)
        picture = await seen.generation_of(context, result, inline=inline)
        return WebhookPicture(**structs.asdict(picture), request=request.id, kudos=kudos)
    if request.draft.kind is Kind.TEXT:
        written = text.generation_of(result)
        return WebhookText(**structs.asdict(written), request=request.id, id=result.job_id, kudos=kudos)
    form = params_of(request.draft).forms[result.ordinal].name
    return WebhookForm(
        request=request.id,
        id=result.job_id,
        form=form,
        state="done",
        result=await alchemy.result_of(context, result, form) or {},
        worker_id=result.worker_id,
        worker_name=result.worker_name,
        kudos=kudos,
    )


def _end(delivery: Delivery) -> WebhookEnd:
    counts = delivery.counts or {}
    done, faulted, cancelled, expired = (
        int(str(counts.get(name, 0))) for name in ("done", "faulted", "cancelled", "expired")
    )
    return WebhookEnd(
        request=delivery.request_id,
        event=cast(_Ended, delivery.event.value),
        kind=str(counts.get("kind", "")),
        finished=done,
        faulted=faulted,
        cancelled=cancelled,
        expired=expired,
    )
