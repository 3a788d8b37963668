"""How the horde is: that it lives, and how busy it is."""

from core.api.limits.limit import NONE
from core.api.operations import Answer, Call, Operation, Operations, Tag
from core.domain.kinds.kind import Kind
from core.services.statistics.performance import performance
from core.wire.people import HordeHeartbeat, HordePerformance

_MEGA = 1_000_000


async def heartbeat(call: Call[None, None]) -> Answer:
    """Say that the server lives, without asking anyone."""
    return HordeHeartbeat(message="OK", version=call.context.version)


async def load(call: Call[None, None]) -> Answer:
    """Say how much waits, how much was done in the last minute, and who is there."""
    context, now_ms = call.context, call.context.clock.now_ms()
    seen = await context.uow.read(lambda tx: performance(tx, now_ms=now_ms, online_s=context.policy.online_s))
    image, text, alchemy = (seen.kinds[kind] for kind in (Kind.IMAGE, Kind.TEXT, Kind.ALCHEMY))
    return HordePerformance(
        queued_requests=image.waiting,
        queued_text_requests=text.waiting,
        worker_count=image.workers,
        text_worker_count=text.workers,
        thread_count=image.threads,
        text_thread_count=text.threads,
        queued_megapixelsteps=round(image.waiting_things / _MEGA, 2),
        past_minute_megapixelsteps=round(image.past_minute_things / _MEGA, 2),
        queued_forms=alchemy.waiting,
        interrogator_count=alchemy.workers,
        interrogator_thread_count=alchemy.threads,
        queued_tokens=text.waiting_things,
        past_minute_tokens=text.past_minute_things,
    )


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/status/heartbeat",
        id="get_heartbeat",
        tag=Tag.STATUS,
        summary="Does the server live",
        handler=heartbeat,
        replies={200: HordeHeartbeat},
        limits=NONE,
    ),
    Operation(
        method="GET",
        path="/api/v2/status/performance",
        id="get_horde_load",
        tag=Tag.STATUS,
        summary="How much waits, and how many workers are there",
        handler=load,
        replies={200: HordePerformance},
    ),
)
