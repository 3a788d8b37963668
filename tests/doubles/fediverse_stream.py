"""A Mastodon server's streams: WebSocket and server-sent events that tell an account what concerns it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable

from aiohttp import web

from tests.doubles.fediverse import Notice, Resident, Wrong

END = ""


class Streams:
    """Those who listen. offered: which kinds the server has; url: where it says they are, "" for nowhere.

    `is_silent`: streams are open and tell nothing, as behind a proxy that holds everything back.
    """

    def __init__(self, *, who: Callable[[web.Request, str], Resident]) -> None:
        self.offered = {"websocket", "events"}
        self.url = ""
        self.is_silent = False
        self.opened: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._who = who
        self._open: list[tuple[str, asyncio.Queue[str]]] = []

    def routes(self) -> list[web.RouteDef]:
        """Where clients look for them."""
        return [
            web.get("/api/v1/streaming", self._socket),
            web.get("/api/v1/streaming/user/notification", self._events),
        ]

    @property
    def listening(self) -> int:
        """How many streams are open."""
        return len(self._open)

    def tell(self, notice: Notice) -> None:
        """Who listens for this account hears of it."""
        for account_id, told in self._open:
            if account_id == notice.to and not self.is_silent:
                told.put_nowait(json.dumps({"id": notice.id, "type": notice.type}))

    def drop(self) -> None:
        """Every open stream ends; nothing that happens until the next is told again."""
        for _, told in self._open:
            told.put_nowait(END)
        self._open.clear()

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        told = self._listen(request, "websocket")
        socket = web.WebSocketResponse()
        await socket.prepare(request)

        async def hear() -> None:
            async for _ in socket:
                pass
            told.put_nowait(END)

        hearing = asyncio.get_running_loop().create_task(hear())
        while (payload := await told.get()) != END:
            stream = [request.query.get("stream", "user")]
            await socket.send_json({"stream": stream, "event": "notification", "payload": payload})
        self._forget(told)
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        await socket.close()
        return socket

    async def _events(self, request: web.Request) -> web.StreamResponse:
        told = self._listen(request, "events")
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        await answer.write(b":)\n")
        while (payload := await told.get()) != END:
            await answer.write(f"event: notification\ndata: {payload}\n\n".encode())
        self._forget(told)
        return answer

    def _listen(self, request: web.Request, kind: str) -> asyncio.Queue[str]:
        me = self._who(request, "read:notifications")
        if kind not in self.offered:
            self.refused[kind] += 1
            raise Wrong(404, "Not Found")
        self.opened[kind] += 1
        told: asyncio.Queue[str] = asyncio.Queue()
        self._open.append((me.id, told))
        return told

    def _forget(self, told: asyncio.Queue[str]) -> None:
        self._open = [one for one in self._open if one[1] is not told]
