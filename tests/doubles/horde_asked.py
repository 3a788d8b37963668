"""An AI Horde v2 server as those who ask it see it: orders, looks, cancels, the account's list, and trouble.

`python -m tests.doubles.horde_asked` starts one that prints its address and paints what it is asked for.
"""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.clients.worker import STORY, found_in_a_picture, picture

KEY = "the-bots-key"
MODEL = "tiny-glyphs"
ASYNC = {
    "image": "/api/v2/generate/async",
    "text": "/api/v2/generate/text/async",
    "alchemy": "/api/v2/interrogate/async",
}


@dataclass
class Order:
    """One order. state: waiting, done, faulted, cancelled; status: what is told of each picture or form."""

    id: str
    kind: str
    body: dict[str, Any]
    key: str
    kudos: float
    state: str = "waiting"
    generations: list[dict[str, Any]] = field(default_factory=list)

    @property
    def jobs(self) -> int:
        return len(self.body["forms"]) if self.kind == "alchemy" else int(self.body.get("params", {}).get("n", 1))


class AskedHorde:
    """The server's memory; tests read and change it directly. `faults`: what the next orders meet, one each."""

    def __init__(self, *, honours_keys: bool = False, kudos: float = 5.0) -> None:
        self.honours_keys = honours_keys
        self.kudos = kudos
        self.paints = False
        self.orders: dict[str, Order] = {}
        self.faults: list[str] = []
        self.outage = ""
        self.pictures_by_address = False
        self.pictures: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.url = ""
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def __aenter__(self) -> AskedHorde:
        """Listens on the loopback."""
        app = web.Application(client_max_size=16 * 1024 * 1024, middlewares=[self._in_trouble])
        for kind, path in ASYNC.items():
            app.router.add_post(path, self._order_of(kind))
        app.add_routes(
            [
                web.get("/api/v2/generate/check/{id}", self._check),
                web.get("/api/v2/generate/status/{id}", self._status),
                web.delete("/api/v2/generate/status/{id}", self._cancel),
                web.get("/api/v2/generate/text/status/{id}", self._status),
                web.delete("/api/v2/generate/text/status/{id}", self._cancel),
                web.get("/api/v2/interrogate/status/{id}", self._forms),
                web.delete("/api/v2/interrogate/status/{id}", self._cancel),
                web.get("/api/v2/find_user", self._account),
                web.get("/api/v2/status/heartbeat", self._heartbeat),
                web.get("/api/v2/status/models", self._models),
                web.get("/api/v2/workers", self._workers),
                web.get("/pictures/{id}", self._picture),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """No longer listens; what it knows stays."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def open(self) -> list[Order]:
        return [order for order in self.orders.values() if order.state == "waiting"]

    def make(self, *, state: str = "ok", seed: int | None = None) -> None:
        """Everything that waits is made."""
        for order in self.open:
            order.state = "done"
            order.generations = [self._made(order, number, state, seed) for number in range(order.jobs)]

    def spoil(self) -> None:
        """Everything that waits is given up."""
        for order in self.open:
            order.state = "faulted"

    def forget(self) -> None:
        """Everything is gone, as what has expired is."""
        self.orders.clear()

    def _made(self, order: Order, number: int, state: str, seed: int | None) -> dict[str, Any]:
        if order.kind == "alchemy":
            name = order.body["forms"][number]["name"]
            value = found_in_a_picture(name)
            return {"form": name, "state": "done", "result": {name: self._shown(128, 128) if value == "R2" else value}}
        said = {"worker_id": str(uuid.uuid4()), "worker_name": "a painter", "model": MODEL, "state": state}
        params = order.body.get("params", {})
        if order.kind == "text":
            return {**said, "text": STORY, "seed": 0, "gen_metadata": []}
        made = int(params["seed"]) + number if seed is None and params.get("seed") else seed or 0
        image = self._shown(params["width"], params["height"])
        return {**said, "id": str(uuid.uuid4()), "img": image, "seed": str(made), "censored": state != "ok"}

    def _shown(self, width_px: int, height_px: int) -> str:
        body = picture(width_px, height_px)
        if not self.pictures_by_address:
            return base64.b64encode(body).decode()
        name = uuid.uuid4().hex
        self.pictures[name] = body
        return f"{self.url}/pictures/{name}"

    @web.middleware
    async def _in_trouble(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path}")
        if self.outage == "drop":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if self.outage:
            return web.Response(status=int(self.outage), text="<html>a proxy's words</html>")
        answer: web.StreamResponse = await handler(request)
        return answer

    def _order_of(self, kind: str) -> Any:
        async def order(request: web.Request) -> web.StreamResponse:
            if request.headers.get("apikey") != KEY:
                return _no(401, "InvalidAPIKey", "No user matching sent API Key.")
            fault = self.faults.pop(0) if self.faults else ""
            body = await request.json()
            if fault == "400":
                return _no(400, "UnsupportedModel", "This horde does not draw fish.")
            if fault == "429":
                return web.json_response({"message": "2 per 1 second"}, status=429, headers={"Retry-After": "1"})
            if fault == "503":
                return web.Response(status=503, text="no")
            key = request.headers.get("Idempotency-Key", "") if self.honours_keys else ""
            known = next((one for one in self.orders.values() if key and one.key == key), None)
            taken = known or Order(id=str(uuid.uuid4()), kind=kind, body=body, key=key, kudos=self.kudos)
            self.orders[taken.id] = taken
            if self.paints:
                self.make()
            return await _after_taking(request, fault, taken)

        return order

    async def _check(self, request: web.Request) -> web.Response:
        order = self.orders.get(request.match_info["id"])
        return _gone() if order is None else web.json_response(_progress(order))

    async def _status(self, request: web.Request) -> web.Response:
        order = self.orders.get(request.match_info["id"])
        if order is None:
            return _gone()
        return web.json_response({**_progress(order), "generations": order.generations, "shared": False})

    async def _forms(self, request: web.Request) -> web.Response:
        order = self.orders.get(request.match_info["id"])
        if order is None:
            return _gone()
        states = {"waiting": "waiting", "faulted": "faulted", "cancelled": "cancelled"}
        forms = order.generations or [
            {"form": form["name"], "state": states[order.state]} for form in order.body["forms"]
        ]
        return web.json_response({"state": order.state, "forms": forms})

    async def _cancel(self, request: web.Request) -> web.Response:
        order = self.orders.get(request.match_info["id"])
        if order is not None and order.state == "waiting":
            order.state = "cancelled"
        return await (self._forms(request) if order and order.kind == "alchemy" else self._status(request))

    async def _account(self, request: web.Request) -> web.Response:
        if request.headers.get("apikey") != KEY:
            return _no(404, "UserNotFound", "There is no such account.")
        listed = {kind: [one.id for one in self.open if one.kind == kind] for kind in ("image", "text")}
        return web.json_response({"username": "bots#7", "id": 7, "kudos": 120.0, "active_generations": listed})

    async def _heartbeat(self, _: web.Request) -> web.Response:
        return web.json_response({"message": "OK", "version": "1"})

    async def _models(self, request: web.Request) -> web.Response:
        count = 1 if request.query.get("type", "image") == "image" else 0
        return web.json_response([{"name": MODEL, "count": count, "type": "image", "queued": 0, "eta": 0}])

    async def _workers(self, _: web.Request) -> web.Response:
        return web.json_response([{"name": "an alchemist", "forms": ["caption"], "online": True}])

    async def _picture(self, request: web.Request) -> web.Response:
        return web.Response(body=self.pictures[request.match_info["id"]], content_type="image/webp")


async def _after_taking(request: web.Request, fault: str, taken: Order) -> web.StreamResponse:
    if fault == "accept-then-503":
        return web.Response(status=503, text="no")
    if fault == "accept-then-hang":
        await asyncio.sleep(3_600)
    if fault == "accept-then-drop":
        assert request.transport is not None
        request.transport.close()
    told: dict[str, Any] = {"id": taken.id}
    return web.json_response(told if taken.kind == "alchemy" else told | {"kudos": taken.kudos}, status=202)


def _progress(order: Order) -> Mapping[str, Any]:
    done = len(order.generations)
    waiting = order.jobs if order.state == "waiting" else 0
    return {
        "finished": done, "processing": 0, "restarted": 0, "waiting": waiting, "done": order.state != "waiting",
        "faulted": order.state == "faulted", "wait_time": 2 if waiting else 0, "queue_position": 3 if waiting else 0,
        "kudos": order.kudos * done / order.jobs, "is_possible": True,
    }  # fmt: skip


def _gone() -> web.Response:
    return _no(404, "RequestNotFound", "Request with this id was not found.")


def _no(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"message": message, "rc": code}, status=status)


async def main() -> None:
    horde = AskedHorde()
    horde.paints = True
    async with horde:
        print(horde.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
