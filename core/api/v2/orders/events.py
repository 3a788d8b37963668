"""A request's progress as server-sent events (ours), so that nobody has to poll."""

import msgspec
from aiohttp import web

from core.api.changes import Watch
from core.api.context import CONTEXT, HELD
from core.api.held import is_gone
from core.api.operations import Answer, Call, Media, Operation, Operations, Tag
from core.api.v2.orders import seen
from core.domain.errors import NotFound, Unavailable
from core.domain.ids import RequestId
from core.wire import Rc
from core.wire.requests import RequestStatusCheck

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


async def follow_order(call: Call[None, None]) -> Answer:
    """Send an event ``progress`` at each change, and ``done`` as the last one."""
    request, context = call.request, call.context
    request_id, held = seen.order_id_of(call.at("id")), request.app[HELD]
    await context.uow.read(seen.look(context, request_id))
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
        async with context.changes.watching(request_id, steps=True) as watch:
            await response.prepare(request)
            await _tell(request, response, watch, request_id=request_id)
    return response


async def _tell(request: web.Request, response: web.StreamResponse, watch: Watch, *, request_id: RequestId) -> None:
    """Write the order's state at each change, and now and then without one, until it is done or either side goes."""
    context, held = request.app[CONTEXT], request.app[HELD]
    sent, woken = b"", True
    while not is_gone(request):
        try:
            found = await context.uow.read(seen.look(context, request_id))
        except NotFound:
            return
        event = msgspec.json.encode(_event_of(found))
        if event != sent or not woken:
            name = b"done" if found.status.done else b"progress"
            await response.write(b"event: " + name + b"\ndata: " + event + b"\n\n")
            sent = event
        if found.status.done or held.closing:
            return
        watch.busy = found.status.processing > 0
        woken = False
        async with held.hold(request, wait_s=_QUIET_S):
            await watch.changed()
            woken = True


def _event_of(found: seen.Seen) -> ProgressEvent:
    jobs = tuple(
        JobStep(id=job.job_id, step=job.step, steps=job.steps, worker_name=job.worker_name)
        for job in found.status.progress
    )
    return ProgressEvent(**msgspec.structs.asdict(seen.check_of(found)), jobs=jobs)


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/events/requests/{id}",
        id="get_request_events",
        tag=Tag.EVENTS,
        summary="Follow an order as server-sent events: progress at each change, done as the last",
        handler=follow_order,
        replies={
            200: Media(
                content_type="text/event-stream",
                about="Events progress and done, each with a ProgressEvent.",
                messages=(ProgressEvent,),
            )
        },
        refusals={404: (Rc.REQUEST_NOT_FOUND,), 503: (Rc.UNAVAILABLE,)},
        ours=True,
    ),
)
