"""The floor: a bare aiohttp app that reads and answers the same JSON, with our number of durable commits.

Started by the benchmark as a process of its own: `python -m tests.benchmarks.api.bare sqlite|postgres|none PLACE`.
"""

import asyncio
import queue
import sqlite3
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, Final
from uuid import uuid4

import msgspec
from aiohttp import web

from core.store.dialect import SQLITE_SETTINGS

HOLD_S: Final = 30.0
_TABLE: Final = "CREATE TABLE IF NOT EXISTS steps (name TEXT, body TEXT)"
Commit = Callable[[str, bytes], Awaitable[None]]


class SqliteCommits:
    """One writing thread; what waits meanwhile is in the next COMMIT."""

    def __init__(self, place: str) -> None:
        """Begin the thread."""
        self._waiting: queue.SimpleQueue[tuple[str, bytes, Future[None]]] = queue.SimpleQueue()
        threading.Thread(target=self._write_all, args=(place,), daemon=True).start()

    async def commit(self, name: str, body: bytes) -> None:
        """Return when a row with the body is on the disk."""
        done: Future[None] = Future()
        self._waiting.put((name, body, done))
        await asyncio.wrap_future(done)

    def _write_all(self, place: str) -> None:
        connection = sqlite3.connect(place, isolation_level=None)
        for setting in SQLITE_SETTINGS:
            connection.execute(setting)
        connection.execute(_TABLE)
        while True:
            group = [self._waiting.get()]
            while not self._waiting.empty():
                group.append(self._waiting.get_nowait())
            connection.execute("BEGIN IMMEDIATE")
            for name, body, _ in group:
                connection.execute("INSERT INTO steps VALUES (?, ?)", (name, body.decode()))
            connection.execute("COMMIT")
            for _, _, done in group:
                done.set_result(None)


class PostgresCommits:
    """Ten connections; each step is its own transaction."""

    def __init__(self, place: str) -> None:
        """Connect at the first commit."""
        self._place = place
        self._pool: Any = None
        self._opening = asyncio.Lock()

    async def commit(self, name: str, body: bytes) -> None:
        """Return when a row with the body is on the disk."""
        import asyncpg

        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(self._place, min_size=10, max_size=10)
                await self._pool.execute(_TABLE)
        await self._pool.execute("INSERT INTO steps VALUES ($1, $2)", name, body.decode())


def app_of(commit: Commit) -> web.Application:
    """Return the four calls of a cycle and a pop that is held."""
    waiting: deque[tuple[str, Any]] = deque()
    never = asyncio.Event()

    def reply(message: object, status: int = 200) -> web.Response:
        return web.Response(body=msgspec.json.encode(message), status=status, content_type="application/json")

    async def order(request: web.Request) -> web.Response:
        body = await request.read()
        waiting.append((order_id := str(uuid4()), msgspec.json.decode(body)))
        await commit("order", body)
        return reply({"id": order_id, "kudos": 1.0}, 202)

    async def pop(request: web.Request) -> web.Response:
        body = await request.read()
        msgspec.json.decode(body)
        if "Prefer" in request.headers:
            try:
                async with asyncio.timeout(HOLD_S):
                    await never.wait()
            except TimeoutError:
                return reply({"id": None, "skipped": {}})
        order_id, asked = waiting.popleft()
        await commit("pop", body)
        address = f"https://horde.example.org/objects/in/{order_id}?signature={order_id * 3}"
        return reply({
            "payload": {**asked["params"], "prompt": asked["prompt"], "seed": "1"},
            "id": order_id, "ids": [order_id], "model": asked["models"][0], "ttl": 150, "skipped": {},
            "source_processing": "img2img", "r2_upload": address, "r2_uploads": [address], "messages": [],
        })  # fmt: skip

    async def submit(request: web.Request) -> web.Response:
        body = await request.read()
        msgspec.json.decode(body)
        await commit("submit", body)
        return reply({"reward": 1.0})

    async def status(request: web.Request) -> web.Response:
        order_id = request.match_info["id"]
        one = {
            "img": f"https://horde.example.org/objects/pictures/{order_id}.webp", "seed": "1", "id": order_id,
            "worker_id": order_id, "worker_name": "bench worker 1", "model": "bench", "state": "ok", "censored": False,
            "gen_metadata": [],
        }  # fmt: skip
        counts = {"finished": 1, "processing": 0, "restarted": 0, "waiting": 0, "done": True, "faulted": False}
        more = {"wait_time": 0, "queue_position": 0, "kudos": 1.0, "is_possible": True, "generations": [one]}
        return reply(counts | more)

    app = web.Application()
    app.add_routes([
        web.post("/api/v2/generate/async", order),
        web.post("/api/v2/generate/pop", pop),
        web.post("/api/v2/generate/submit", submit),
        web.get("/api/v2/generate/status/{id}", status),
    ])  # fmt: skip
    return app


async def _none(_name: str, _body: bytes) -> None:
    """Commit nothing."""


async def main() -> None:
    """Serve until killed; the first line says where."""
    kind, place = sys.argv[1:3]
    commit: Commit = _none
    if kind == "sqlite":
        commit = SqliteCommits(place).commit
    elif kind == "postgres":
        commit = PostgresCommits(place).commit
    runner = web.AppRunner(app_of(commit), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1_024)
    await site.start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    from core.api import raise_open_files_limit

    raise_open_files_limit()
    asyncio.run(main())
