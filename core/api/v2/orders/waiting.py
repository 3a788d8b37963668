"""A look at an order that is answered when the order changes (ours): ``Prefer: wait=N``, so that nobody has to poll."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.api.context import HELD
from core.api.held import is_gone
from core.api.operations import Call
from core.api.v2.orders import seen
from core.api.v2.work.holding import preferred_wait_s
from core.domain.ids import RequestId
from core.domain.kinds.kind import Kind


class WaitHeaders(msgspec.Struct, kw_only=True, frozen=True):
    """The headers of a look that waits (ours)."""

    prefer: Annotated[str, Meta(description="`wait=N`: answer when it has changed, or after N seconds.")] = (
        msgspec.field(name="Prefer", default="")
    )
    if_none_match: Annotated[
        str, Meta(description="The `ETag` of the reply that is known: what has changed since.")
    ] = msgspec.field(name="If-None-Match", default="")


def etag_of(found: seen.Seen) -> str:
    """Return what says of an order's counts whether they are still the same."""
    status = found.status
    counts = (status.waiting, status.processing, status.finished, status.restarted, int(status.done))
    return f'"{".".join(map(str, counts))}"'


async def look(call: Call[Any, Any], *, kind: Kind) -> tuple[seen.Seen, Mapping[str, str]]:
    """Return the order as it is, and headers for the reply; with ``Prefer: wait=N`` once it has changed.

    Changed is a count, or that it is done; since the call came or, if it says ``If-None-Match``, since the reply with
    that ``ETag``. After N seconds (bounded), when too many wait already, or when we stop, it is as it is.

    Raises:
        NotFound: there is no such order of this kind.
    """
    request, context = call.request, call.context
    request_id = seen.order_id_of(call.at("id"))
    wanted_s = preferred_wait_s(request.headers.getall("Prefer", ()))
    if wanted_s is None or context.changes.is_full:
        found = await _now(call, request_id, kind)
        return found, {"ETag": etag_of(found)}
    wait_s = min(wanted_s, context.hold_s_max)
    found = await _held(call, request_id, kind, wait_s=wait_s)
    return found, {"ETag": etag_of(found), "Preference-Applied": f"wait={wait_s}"}


async def _held(call: Call[Any, Any], request_id: RequestId, kind: Kind, *, wait_s: int) -> seen.Seen:
    request, context = call.request, call.context
    now = asyncio.get_running_loop().time
    until = now() + wait_s
    async with context.changes.watching(request_id) as watch:
        found = await _now(call, request_id, kind)
        known = request.headers.get("If-None-Match") or etag_of(found)
        while not found.status.done and etag_of(found) == known and (left_s := until - now()) > 0:
            watch.busy = found.status.processing > 0
            woken = False
            async with request.app[HELD].hold(request, wait_s=left_s):
                await watch.changed()
                woken = True
            if is_gone(request):
                break
            found = await _now(call, request_id, kind)
            if not woken:
                break
    return found


async def _now(call: Call[Any, Any], request_id: RequestId, kind: Kind) -> seen.Seen:
    return await call.context.uow.read(seen.look(call.context, request_id, kind=kind), brief=True, loose=True)
