"""How the horde is: that it lives, how busy it is, which models it has."""

from collections import Counter
from typing import Literal

import msgspec

from core.api.limits.limit import NONE
from core.api.operations import Answer, Call, Operation, Operations, Tag
from core.domain.kinds.kind import Kind
from core.ports.store import ReadTransaction
from core.services.queue.overview import overview
from core.wire.people import ActiveModel, HordeHeartbeat, HordePerformance


class ModelsQuery(msgspec.Struct, kw_only=True, frozen=True):
    """GET /status/models: models of which kind of work."""

    type: Literal["image", "text"] = "image"


async def heartbeat(call: Call[None, None]) -> Answer:
    """Say that the server lives, without asking anyone."""
    return HordeHeartbeat(message="OK", version=call.context.version)


async def performance(call: Call[None, None]) -> Answer:
    """Say how much waits and how many workers are there."""
    context, now_ms = call.context, call.context.clock.now_ms()
    seen = await context.uow.read(lambda tx: overview(tx, now_ms=now_ms, online_s=context.policy.online_s))
    return HordePerformance(
        queued_requests=seen.waiting_by_kind.get(Kind.IMAGE, 0),
        queued_text_requests=seen.waiting_by_kind.get(Kind.TEXT, 0),
        queued_forms=seen.waiting_by_kind.get(Kind.ALCHEMY, 0),
        worker_count=seen.workers_online,
        thread_count=seen.threads_online,
    )


async def models(call: Call[None, ModelsQuery]) -> Answer:
    """List the models that workers serve now, or that someone waits for."""
    context, now_ms = call.context, call.context.clock.now_ms()
    if call.query.type != "image":
        return []

    def query(tx: ReadTransaction) -> list[msgspec.Struct]:
        served: Counter[str] = Counter()
        for worker in tx.workers.online(now_ms - context.policy.online_s * 1_000):
            for name in worker.offer.models:
                served[name] += max(worker.offer.threads, 1)
        waiting: Counter[str] = Counter()
        for lane_id, count in tx.lanes.waiting_by_lane(now_ms).items():
            lane = tx.lanes.get(lane_id)
            for name in lane.models if lane is not None else ():
                waiting[name] += count
        return [ActiveModel(name=name, count=served[name], jobs=waiting[name]) for name in sorted(served | waiting)]

    return await context.uow.read(query)


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
        handler=performance,
        replies={200: HordePerformance},
    ),
    Operation(
        method="GET",
        path="/api/v2/status/models",
        id="get_models",
        tag=Tag.STATUS,
        summary="The models that workers serve now, or that someone waits for",
        handler=models,
        query=ModelsQuery,
        replies={200: list[ActiveModel]},
    ),
)
