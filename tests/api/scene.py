"""A whole horde behind real HTTP: the SQLite unit of work, the disk store and the API on a free port."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image

from cdn import DiskObjects
from core.api import ApiContext, ApiServer
from core.domain.accounts import NewAccount
from core.domain.moderation import Verdict
from core.ports.clock import SystemClock
from core.services.kudos.audit import audit
from core.services.people.register import register
from core.store import SqliteUnitOfWork

MODEL = "tiny-glyphs"


class ForbiddenWord:
    """A screening of one rule; the shipped rules have tests of their own."""

    def screen_prompt(self, prompt: str) -> Verdict:
        if "forbidden" in prompt:
            return Verdict(allowed=False, rule="test-1", group="test", explanation="it says 'forbidden'.")
        return Verdict(allowed=True)


class HandClock(SystemClock):
    """The machine's clock, moved forward by hand."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


@dataclass
class Reply:
    status: int
    body: Any
    headers: Any


@dataclass
class Horde:
    """What a test talks to."""

    context: ApiContext
    server: ApiServer
    uow: SqliteUnitOfWork
    objects: DiskObjects
    clock: HandClock
    session: aiohttp.ClientSession
    folder: Path
    people: dict[str, NewAccount] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    async def account(self, name: str, **options: Any) -> NewAccount:
        if name not in self.people:
            now_ms = self.clock.now_ms()
            self.people[name] = await self.uow.write(lambda tx: register(tx, name=name, now_ms=now_ms, **options))
        return self.people[name]

    async def key_of(self, who: str, **options: Any) -> dict[str, str]:
        return {"apikey": (await self.account(who, **options)).api_key}

    async def call(
        self, method: str, path: str, *, who: str | None = None, headers: dict[str, str] | None = None, **options: Any
    ) -> Reply:
        sent = (await self.key_of(who) if who else {}) | (headers or {})
        url = path if path.startswith("http") else f"{self.address}{path}"
        async with self.session.request(method, url, headers=sent, **options) as response:
            raw = await response.read()
            is_json = response.content_type == "application/json"
            return Reply(response.status, await response.json() if is_json else raw, response.headers)

    async def ask(self, prompt: str = "a red heart", *, who: str = "asker", **order: Any) -> Reply:
        params = {"width": 64, "height": 64, "steps": 10} | order.pop("params", {})
        body = {"prompt": prompt, "params": params} | order
        return await self.call("POST", "/api/v2/generate/async", who=who, json=body)

    async def pop(
        self, *, who: str = "owner", wait_s: int | None = None, headers: dict[str, str] | None = None, **offer: Any
    ) -> Reply:
        body = {"name": f"worker of {who}", "models": [MODEL], "max_pixels": 262144} | offer
        prefer = {} if wait_s is None else {"Prefer": f"wait={wait_s}"}
        return await self.call("POST", "/api/v2/generate/pop", who=who, json=body, headers=prefer | (headers or {}))

    async def upload(self, url: str, body: bytes, **headers: str) -> Reply:
        return await self.call("PUT", url, data=body, headers={"Content-Type": "image/webp"} | headers)

    async def submit(self, job_id: str, *, who: str = "owner", **result: Any) -> Reply:
        body = {"id": job_id, "generation": "R2", "state": "ok", "seed": 7} | result
        return await self.call("POST", "/api/v2/generate/submit", who=who, json=body)

    async def check(self, request_id: str) -> Reply:
        return await self.call("GET", f"/api/v2/generate/check/{request_id}")

    async def status(self, request_id: str) -> Reply:
        return await self.call("GET", f"/api/v2/generate/status/{request_id}")

    async def leased(self, *, who: str = "owner", **order: Any) -> tuple[str, Any]:
        """Ask for a picture and pop it; returns the request's id and the pop."""
        asked = await self.ask(**order)
        popped = await self.pop(who=who)
        assert popped.body["id"] is not None
        return asked.body["id"], popped.body

    async def kudos_of(self, who: str) -> float:
        return float((await self.call("GET", "/api/v2/find_user", who=who)).body["kudos"])

    async def published(self) -> list[Path]:
        folder = self.folder / "objects" / "objects" / "pictures"
        return [path for path in folder.rglob("*") if path.is_file()]

    async def assert_ledger_is_whole(self) -> None:
        report = await self.uow.read(audit)
        assert report.ok, report.differences
        assert report.sum_mk == 0


def webp(width_px: int = 64, height_px: int = 64, *, shade: int = 0, mode: str = "RGB") -> bytes:
    body = io.BytesIO()
    picture = Image.radial_gradient("L").resize((width_px, height_px)).point(lambda value: (value + shade) % 256)
    picture.convert(mode).save(body, "WEBP", quality=90)
    return body.getvalue()


async def until(condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Return as soon as the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 -- conditions of the server under test have no events
            await asyncio.sleep(0.01)


Builder = Callable[..., Awaitable[Horde]]
