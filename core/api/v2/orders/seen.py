"""A look at a request, and what it says in v2's words: status, pictures and what is wrong with its outlook."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, structs

from core.api.context import ApiContext
from core.api.v2.amounts import kudos_of
from core.domain.errors import NotFound
from core.domain.ids import RequestId
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.requests import Accepted, JobResult, RequestStatus
from core.ports.store import ReadTransaction, Transaction
from core.services.queue.status import status
from core.wire import Rc
from core.wire.requests import (
    GenerationMetadataStable,
    GenerationStable,
    RequestAsync,
    RequestSingleWarning,
    RequestStatusCheck,
    RequestStatusStable,
)

_ID_CHARS = 36


def order_id_of(given: str) -> RequestId:
    """Return the id of an address.

    Raises:
        NotFound: it cannot be one.
    """
    if len(given) != _ID_CHARS or not given.isascii():
        raise NotFound(
            "There is no request with this id: ids are UUIDs of 36 characters. Use the id that the order was answered "
            "with.",
            code=Rc.REQUEST_NOT_FOUND,
        )
    return RequestId(given.lower())


def accepted(order: Accepted, *, lifetime_s: int) -> RequestAsync:
    """Return the reply to an order that is in the queue; it speaks up only where no worker could take it."""
    if order.is_possible:
        return RequestAsync(id=order.request_id, kudos=kudos_of(order.price_mk))
    message = (
        "No worker that was seen lately can make this. It waits for one for "
        f"{lifetime_s // 60} minutes. Another model or a smaller size may help."
    )
    return RequestAsync(
        id=order.request_id,
        kudos=kudos_of(order.price_mk),
        message=message,
        warnings=(RequestSingleWarning(code="NoAvailableWorker", message=message),),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One look at a request. spent_mk: what its finished jobs cost. inline: its author wants base64."""

    status: RequestStatus
    spent_mk: int
    inline: bool


def look(context: ApiContext, request_id: RequestId) -> Callable[[ReadTransaction | Transaction], Seen]:
    """Return a query that looks at the request as it is now; it raises ``NotFound``."""
    now_ms = context.clock.now_ms()

    def query(tx: ReadTransaction | Transaction) -> Seen:
        found = status(tx, request_id=request_id, now_ms=now_ms, online_s=context.policy.online_s)
        request = tx.requests.get(request_id)
        return Seen(
            status=found,
            spent_mk=found.spent_mk,
            inline=request is not None and not request.draft.r2,
        )

    return query


def check_of(seen: Seen) -> RequestStatusCheck:
    """Return the status without pictures."""
    found = seen.status
    return RequestStatusCheck(
        finished=found.finished,
        processing=found.processing,
        restarted=found.restarted,
        waiting=found.waiting,
        done=found.done,
        faulted=found.faulted,
        wait_time=found.wait_time_s,
        queue_position=found.queue_position,
        kudos=round(seen.spent_mk / MK_PER_KUDOS),
        is_possible=found.is_possible,
    )


async def status_of(context: ApiContext, seen: Seen) -> RequestStatusStable:
    """Return the status with its pictures: addresses if they are https, else (or where asked) base64 WebP."""
    inline = seen.inline or not context.objects.public_url("pictures/x").startswith("https://")
    generations = [await _generation(context, result, inline=inline) for result in seen.status.results]
    return RequestStatusStable(**structs.asdict(check_of(seen)), generations=tuple(generations))


async def _generation(context: ApiContext, result: JobResult, *, inline: bool) -> GenerationStable:
    img = context.objects.public_url(result.object_key)
    if inline:
        try:
            body = await context.objects.get(result.object_key)
        except NotFound:
            body = b""  # deleted since: the other pictures of the request are still given
        img = base64.b64encode(body).decode()
    state: Literal["ok", "censored"] = "censored" if result.state == "censored" else "ok"
    return GenerationStable(
        id=result.job_id,
        img=img,
        seed=str(result.seed),
        model=result.model,
        worker_id=result.worker_id,
        worker_name=result.worker_name,
        censored=state == "censored",
        state=state,
        gen_metadata=tuple(_metadata(entry) for entry in result.gen_metadata),
    )


def _metadata(entry: Mapping[str, object]) -> GenerationMetadataStable:
    ref = entry.get("ref")
    return GenerationMetadataStable(
        type=str(entry.get("type", "information")),
        value=str(entry.get("value", "see_ref")),
        ref=UNSET if ref is None else str(ref),
    )
