"""A request's progress as server-sent events (ours), so that nobody has to poll."""

import asyncio

import msgspec
from aiohttp import web

from core.api.context import CONTEXT, HELD
from core.api.held import is_gone
from core.api.v2 import replies
from core.api.v2.orders import order_id_of
from core.domain.errors import NotFound, Unavailable
from core.wire.requests import RequestStatusCheck

_LOOK_S = 0.5
_QUIET_S = 15.0


class JobStep(msgspec.Struct, kw_only=True, frozen=True):
    """A job in work: step ``step`` of ``steps``, made by this worker."""

    id: str
    step: int
    steps: int
    worker_name: str


class ProgressEvent(RequestStatusCheck, kw_only=True, frozen=True):
    """What ``generate/check`` says, and how far each job in work is."""

    jobs: tuple[JobStep, ...] = ()


def routes() -> list[web.RouteDef]:
    """Return the streams' routes."""
    return [web.get("/api/v2/events/requests/{id}", follow_order)]


async def follow_order(request: web.Request) -> web.StreamResponse:
    """Send an event ``progress`` at each change, and ``done`` as the last one."""
    context, request_id = request.app[CONTEXT], order_id_of(request)
    held = request.app[HELD]
    seen = await context.uow.read(replies.look(context, request_id))
    if held.streams >= context.streams_max:
        raise Unavailable(f"All {context.streams_max} live streams are in use. Poll generate/check instead.")
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    with held.stream():
        await response.prepare(request)
        sent, quiet_s = b"", 0.0
        while not is_gone(request):
            event = msgspec.json.encode(_event_of(seen))
            if event != sent or quiet_s >= _QUIET_S:
                name = b"done" if seen.status.done else b"progress"
                await response.write(b"event: " + name + b"\ndata: " + event + b"\n\n")
                sent, quiet_s = event, 0.0
            if seen.status.done or held.closing:
                break
            await asyncio.sleep(_LOOK_S)
            quiet_s += _LOOK_S
            try:
                seen = await context.uow.read(replies.look(context, request_id))
            except NotFound:
                break
    return response


def _event_of(seen: replies.Seen) -> ProgressEvent:
    jobs = tuple(
        JobStep(id=job.job_id, step=job.step, steps=job.steps, worker_name=job.worker_name)
        for job in seen.status.progress
    )
    return ProgressEvent(**msgspec.structs.asdict(replies.check_of(seen)), jobs=jobs)
