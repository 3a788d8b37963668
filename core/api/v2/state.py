"""How the horde is: that it lives, how busy it is, which models it has."""

from collections import Counter

import msgspec
from aiohttp import web

from core.api.bodies import json_reply
from core.api.context import CONTEXT
from core.domain.requests import Kind
from core.ports.store import ReadTransaction
from core.services.queue.overview import overview
from core.wire.people import ActiveModel, HordeHeartbeat, HordePerformance


def routes() -> list[web.RouteDef]:
    """Return the status routes."""
    return [
        web.get("/api/v2/status/heartbeat", heartbeat),
        web.get("/api/v2/status/performance", performance),
        web.get("/api/v2/status/models", models),
    ]


async def heartbeat(request: web.Request) -> web.Response:
    """Say that the server lives, without asking anyone."""
    return json_reply(HordeHeartbeat(message="OK", version=request.app[CONTEXT].version))


async def performance(request: web.Request) -> web.Response:
    """Say how much waits and how many workers are there."""
    context, now_ms = request.app[CONTEXT], request.app[CONTEXT].clock.now_ms()
    seen = await context.uow.read(lambda tx: overview(tx, now_ms=now_ms, online_s=context.policy.online_s))
    return json_reply(
        HordePerformance(
            queued_requests=seen.waiting_by_kind.get(Kind.IMAGE, 0),
            queued_text_requests=seen.waiting_by_kind.get(Kind.TEXT, 0),
            queued_forms=seen.waiting_by_kind.get(Kind.ALCHEMY, 0),
            worker_count=seen.workers_online,
            thread_count=seen.threads_online,
        )
    )


async def models(request: web.Request) -> web.Response:
    """List the models that workers serve now, or that someone waits for."""
    context, now_ms = request.app[CONTEXT], request.app[CONTEXT].clock.now_ms()
    if request.query.get("type", "image") not in {"image", ""}:
        return json_reply([])

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

    return json_reply(await context.uow.read(query))
