"""A look at a request, and what it says in v2's words: status, pictures and what is wrong with its outlook."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec import convert, structs

from core.api.context import ApiContext
from core.domain.errors import NotFound
from core.domain.ids import RequestId
from core.domain.kinds.kind import Kind
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.requests import JobResult, RequestStatus
from core.ports.store import ReadTransaction, Transaction
from core.services.queue.cancel import cancel
from core.services.queue.status import status
from core.wire import Rc
from core.wire.requests import (
    GenerationMetadataStable,
    GenerationStable,
    RequestStatusCheck,
    RequestStatusStable,
)

_ID_CHARS = 36
LOOK_AGAIN_S = 2
"""The least wait that is told while something is still to come: a client that sleeps by it never spins."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One look at a request. spent_mk: what its finished jobs cost. inline: its author wants base64."""

    status: RequestStatus
    spent_mk: int
    inline: bool


def look(
    context: ApiContext, request_id: RequestId, *, kind: Kind | None = None
) -> Callable[[ReadTransaction | Transaction], Seen]:
    """Return a query that looks at the request as it is now.

    It raises ``NotFound``, also where the request is there but of another kind than the address is for.
    """
    now_ms = context.clock.now_ms()

    def query(tx: ReadTransaction | Transaction) -> Seen:
        found = status(tx, request_id=request_id, now_ms=now_ms, online_s=context.policy.online_s)
        if kind is not None and found.kind is not kind:
            message = f"The request {request_id} is for {found.kind} jobs. Ask for it at that kind's address."
            raise NotFound(message, code=Rc.REQUEST_NOT_FOUND)
        request = tx.requests.get(request_id) if found.results else None  # it matters to pictures only
        return Seen(
            status=found,
            spent_mk=found.spent_mk,
            inline=request is not None and not request.draft.r2,
        )

    return query


def cancel_and_look(context: ApiContext, request_id: RequestId, *, kind: Kind) -> Callable[[Transaction], Seen]:
    """Return a use case that makes sure no more of the request is made, and looks at it."""
    now_ms, query = context.clock.now_ms(), look(context, request_id, kind=kind)

    def use_case(tx: Transaction) -> Seen:
        query(tx)
        cancel(tx, request_id=request_id, now_ms=now_ms)
        return query(tx)

    return use_case


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
        wait_time=found.wait_time_s if found.done else max(found.wait_time_s, LOOK_AGAIN_S),
        queue_position=found.queue_position,
        kudos=round(seen.spent_mk / MK_PER_KUDOS),
        is_possible=found.is_possible,
    )


async def status_of(context: ApiContext, seen: Seen) -> RequestStatusStable:
    """Return the status with its pictures: addresses if they are https, else (or where asked) base64 WebP."""
    inline = seen.inline or not has_https_pictures(context)
    generations = [await generation_of(context, result, inline=inline) for result in seen.status.results]
    return RequestStatusStable(**structs.asdict(check_of(seen)), generations=tuple(generations))


def has_https_pictures(context: ApiContext) -> bool:
    """Tell whether pictures have https addresses; many clients take any other for base64."""
    return context.objects.public_url("pictures/x").startswith("https://")


async def picture_of(context: ApiContext, key: str, *, inline: bool) -> str:
    """Return a published picture's address, or the picture itself as base64; nothing where it was deleted since."""
    if not inline:
        return context.objects.public_url(key)
    try:
        body = await context.objects.get(key)
    except NotFound:
        return ""
    return base64.b64encode(body).decode()


async def generation_of(context: ApiContext, result: JobResult, *, inline: bool) -> GenerationStable:
    """Return one picture as v2 says it."""
    img = await picture_of(context, result.object_key, inline=inline)
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
    return convert(entry, GenerationMetadataStable)
