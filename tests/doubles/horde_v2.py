"""A small AI Horde v2 server for the worker's tests: pops (held), progress, uploads, submits, releases, and trouble.

`python -m tests.doubles.horde_v2` starts one that prints its address.
"""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "a-worker-key"
JobRow = dict[str, Any]


@dataclass
class Trouble:
    """What goes wrong: `lost` answers a route swallows after doing its work, `refused` replies it gives instead."""

    lost: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    refused: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)


class HordeDouble:
    """The server's memory; tests read and change it directly."""

    def __init__(self, *, lease_s: int = 20, knows_progress: bool = True) -> None:
        self.lease_s = lease_s
        self.knows_progress = knows_progress
        self.trouble = Trouble()
        self.waiting: list[JobRow] = []
        self.leased: dict[str, JobRow] = {}
        self.cancelled: set[str] = set()
        self.told_on_pops: set[str] = set()
        self.pops: list[tuple[dict[str, Any], Mapping[str, str]]] = []
        self.progress: dict[str, list[int]] = defaultdict(list)
        self.uploads: dict[str, bytes] = {}
        self.upload_types: list[str] = []
        self.submits: dict[str, dict[str, Any]] = {}
        self.submit_calls = 0
        self.released: list[str] = []
        self.refusals: list[str] = []
        self.url = ""
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._port = 0

    def ask(self, prompt: str = "a red heart", *, model: str = "tiny", **payload: object) -> str:
        """Puts a job into the queue and returns its id; payload fields may be overwritten."""
        job_id = str(uuid.uuid4())
        whole: dict[str, Any] = {
            "prompt": prompt, "ddim_steps": 4, "n_iter": 1, "seed": "7", "width": 64, "height": 64,
            "sampler_name": "k_euler", "cfg_scale": 5.0, "karras": False, "use_nsfw_censor": True,
        }  # fmt: skip
        self.waiting.append({"id": job_id, "model": model, "payload": whole | payload})
        return job_id

    async def woken(self) -> None:
        """Wakes held pops and waiting tests."""
        async with self._changed:
            self._changed.notify_all()

    async def until(self, condition: Any, *, timeout_s: float = 60.0) -> None:
        """Returns once the condition holds; TimeoutError otherwise."""
        await self.woken()
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(condition)

    async def start(self) -> None:
        """Listens on the loopback, on the same port each time."""
        app = web.Application(client_max_size=12 * 1024 * 1024)
        app.add_routes(
            [
                web.post("/api/v2/generate/pop", self._pop),
                web.post("/api/v2/generate/submit", self._submit),
                web.post("/api/v2/generate/release", self._release),
                web.put("/objects/{key}", self._put),
            ]
        )
        if self.knows_progress:
            app.add_routes([web.post("/api/v2/generate/progress", self._progress)])
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        host, self._port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{self._port}"

    async def stop(self) -> None:
        """No longer listens; what it knows stays."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _pop(self, request: web.Request) -> web.Response:
        if (refusal := self._trouble(request, "pop")) is not None:
            await self.woken()
            return refusal
        self.pops.append((await request.json(), request.headers))
        held = request.headers.get("Prefer", "").startswith("wait=")
        headers = {"Preference-Applied": request.headers["Prefer"]} if held else {}
        if held and not self.waiting:
            try:
                async with asyncio.timeout(5), self._changed:
                    await self._changed.wait_for(lambda: bool(self.waiting or self.told_on_pops))
            except TimeoutError:
                pass
        if self.told_on_pops:
            headers["Horde-Cancelled"] = ", ".join(self.told_on_pops)
            self.told_on_pops.clear()
            await self.woken()
        if not self.waiting or request.transport is None:
            return web.json_response({"id": None, "ids": [], "payload": {}, "skipped": {}}, headers=headers)
        row = self.waiting.pop(0)
        self.leased[row["id"]] = row
        await self.woken()
        reply = row | {
            "ids": [row["id"]],
            "ttl": self.lease_s,
            "r2_upload": f"{self.url}/objects/{row['id']}?sig=a%2Bb",
            "skipped": {},
        }
        return web.json_response(reply, headers=headers)

    async def _progress(self, request: web.Request) -> web.Response:
        if (refusal := self._trouble(request, "progress")) is not None:
            return refusal
        body = await request.json()
        if body["id"] not in self.leased:
            return _over()
        self.progress[body["id"]].append(body["step"])
        await self.woken()
        return web.json_response({"cancelled": body["id"] in self.cancelled, "ttl": self.lease_s})

    async def _put(self, request: web.Request) -> web.Response:
        if (refusal := self._trouble(request, "upload", key=False)) is not None:
            await self.woken()
            return refusal
        self.uploads[request.match_info["key"]] = await request.read()
        self.upload_types.append(request.headers.get("Content-Type", ""))
        await self.woken()
        return web.Response(status=200)

    async def _submit(self, request: web.Request) -> web.Response:
        if (refusal := self._trouble(request, "submit")) is not None:
            return refusal
        self.submit_calls += 1
        body = await request.json()
        await self.woken()
        if body["id"] in self.submits:
            return web.json_response({"message": "already submitted", "rc": "DuplicateGen"}, status=400)
        if body["id"] not in self.leased:
            return _over()
        self.submits[body["id"]] = body
        del self.leased[body["id"]]
        await self.woken()
        self._lose(request, "submit")
        return web.json_response({"reward": 3.5})

    async def _release(self, request: web.Request) -> web.Response:
        body = await request.json()
        row = self.leased.pop(body["id"], None)
        if row is None:
            return _over()
        self.released.append(body["id"])
        await self.woken()
        return web.json_response({})

    def _trouble(self, request: web.Request, route: str, *, key: bool = True) -> web.Response | None:
        if key and request.headers.get("apikey") != KEY:
            return web.json_response({"message": "No user matching sent API Key.", "rc": "InvalidAPIKey"}, status=401)
        if route in self.trouble.refused:
            self.refusals.append(route)
            status, body = self.trouble.refused[route]
            return web.json_response(body, status=status)
        return None

    def _lose(self, request: web.Request, route: str) -> None:
        if self.trouble.lost[route] > 0 and request.transport is not None:
            self.trouble.lost[route] -= 1
            request.transport.abort()


def _over() -> web.Response:
    return web.json_response({"message": "no such job", "rc": "InvalidJobID"}, status=404)


@asynccontextmanager
async def horde_double(**options: Any) -> AsyncIterator[HordeDouble]:
    """A running double, stopped afterwards."""
    double = HordeDouble(**options)
    await double.start()
    try:
        yield double
    finally:
        await double.stop()


async def _serve() -> None:
    async with horde_double() as double:
        print(double.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
