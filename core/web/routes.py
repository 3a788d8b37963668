"""The routes of what belongs to no platform: static files and the status page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.workers.worker import Worker
from core.ports.clock import Clock
from core.ports.store import ReadTransaction, UnitOfWork
from core.services.kudos.audit import audit
from core.services.queue.overview import overview
from core.web.site import Site, send_static

AUDIT_KEPT_MS = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WebContext:
    """What the pages need; `online_s` is how lately a worker must have been seen to count."""

    uow: UnitOfWork
    clock: Clock
    version: str
    online_s: int = 300


def routes(context: WebContext) -> Iterable[web.RouteDef]:
    """Returns the routes of the static files and the status page; wiring mounts them at the root."""
    page = StatusPage(context)
    return [web.get("/static/{name}", send_static), web.get("/status", page.show)]


class StatusPage:
    """The horde in numbers: queue, workers, models, and whether the ledger's sum is nought."""

    def __init__(self, context: WebContext) -> None:
        """The audit reads the whole journal, so its result is kept for half a minute."""
        self._context = context
        self._site = Site(version=context.version)
        self._audited: tuple[int, bool, int] | None = None

    async def show(self, _: web.Request) -> web.Response:
        """The page as it is now."""
        now_ms = self._context.clock.now_ms()
        values = await self._context.uow.read(lambda tx: self._read(tx, now_ms=now_ms))
        return self._site.page("web/status.html", values, here="/status")

    def _read(self, tx: ReadTransaction, *, now_ms: int) -> dict[str, object]:
        seen = overview(tx, now_ms=now_ms, online_s=self._context.online_s)
        workers = tx.workers.online(now_ms - self._context.online_s * 1_000)
        served = Counter(model for worker in workers for model in worker.offer.models)
        if self._audited is None or now_ms - self._audited[0] > AUDIT_KEPT_MS:
            report = audit(tx)
            self._audited = (now_ms, report.ok, report.sum_mk)
        return {
            "waiting": seen.waiting,
            "processing": seen.processing,
            "workers": [_worker(worker) for worker in workers],
            "models": [{"name": name, "workers": count} for name, count in sorted(served.items())],
            "ledger_ok": self._audited[1],
            "ledger_sum": f"{self._audited[2] / MK_PER_KUDOS:g}",
        }


def _worker(worker: Worker) -> dict[str, object]:
    side_px = int(worker.offer.pixels_max**0.5)
    program, _, rest = worker.offer.bridge_agent.partition(":")
    return {
        "name": worker.name,
        "models": ", ".join(worker.offer.models) or "any",
        "size": f"{side_px} × {side_px} px",
        "program": f"{program} {rest.partition(':')[0]}".strip(),
        "done": worker.jobs_done,
    }
