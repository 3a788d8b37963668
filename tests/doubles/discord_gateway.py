"""The gateway half of the Discord double: sessions that can be resumed, zlib frames, and what is refused."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any, Final

from aiohttp import WSMsgType, web

Json = dict[str, Any]
PRIVILEGED: Final = (1 << 1) | (1 << 8) | (1 << 15)
RESUMABLE: Final = 4000


class Session:
    """One bot's session: every event has a number, and those missed are sent again on RESUME.

    breaks: the line breaks before the next event, which is then told on RESUME and to nobody else, as on Discord.
    """

    def __init__(self, session_id: str) -> None:
        self.id = session_id
        self.events: list[Json] = []
        self.missed: list[tuple[str, Json]] = []
        self.socket: Line | None = None
        self.breaks = False

    async def dispatch(self, event: str, body: Json) -> None:
        frame = {"op": 0, "t": event, "s": len(self.events) + 1, "d": body}
        self.events.append(frame)
        if self.breaks and self.socket is not None:
            line, self.socket, self.breaks = self.socket, None, False
            await line.socket.close(code=RESUMABLE)
            return
        if self.socket is not None:
            await self.socket.send(frame)
        else:
            self.missed.append((event, body))


class Line:
    """A websocket with one zlib stream over all its frames, as discord.py asks for."""

    def __init__(self, socket: web.WebSocketResponse, *, is_compressed: bool) -> None:
        self.socket = socket
        self._packer = zlib.compressobj() if is_compressed else None

    async def send(self, frame: Json) -> None:
        if self.socket.closed:
            return
        text = json.dumps(frame)
        if self._packer is None:
            await self.socket.send_str(text)
        else:
            packed = self._packer.compress(text.encode()) + self._packer.flush(zlib.Z_SYNC_FLUSH)
            await self.socket.send_bytes(packed)


class Gateway:
    """Takes IDENTIFY and RESUME. `unheard` are events of people who wait for the bot: a new session hears them.

    Discord itself loses them; what a forgotten session missed (`is_forgetful`) is lost here, too.
    `closes_with`: the next IDENTIFY is answered with this close code. `breaks_once`: the next session's line breaks
    before the first thing that someone does. `identified` and `resumed` count.
    """

    def __init__(self, *, token: str, ready: Json, guilds: Callable[[], list[Json]]) -> None:
        self.token = token
        self.ready = ready
        self.guilds = guilds
        self.url = ""
        self.sessions: dict[str, Session] = {}
        self.unheard: list[tuple[str, Json]] = []
        self.closes_with: int | None = None
        self.is_forgetful = False
        self.breaks_once = False
        self.identified = 0
        self.resumed = 0

    @property
    def live(self) -> Session | None:
        """The session that has a line now."""
        return next((one for one in self.sessions.values() if one.socket is not None), None)

    async def dispatch(self, event: str, body: Json, *, waits: bool = True) -> None:
        """The bot hears of it: now, or at its next RESUME; with no session at all people wait until it is there."""
        session = self.live or (next(reversed(self.sessions.values())) if self.sessions else None)
        if session is not None:
            await session.dispatch(event, body)
        elif waits:
            self.unheard.append((event, body))

    async def drop(self, code: int = RESUMABLE) -> None:
        """The line is closed with this code."""
        session = self.live
        if session is not None and session.socket is not None:
            line, session.socket = session.socket, None
            await line.socket.close(code=code)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from HELLO to its end."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        line = Line(socket, is_compressed=request.query.get("compress") == "zlib-stream")
        await line.send({"op": 10, "d": {"heartbeat_interval": 41_250}})
        mine: Session | None = None
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            frame = json.loads(message.data)
            if frame["op"] == 1:
                await line.send({"op": 11})
            elif frame["op"] == 2:
                mine = await self._identify(line, frame["d"])
            elif frame["op"] == 6:
                mine = await self._resume(line, frame["d"])
        if mine is not None and mine.socket is line:
            mine.socket = None
        return socket

    async def _identify(self, line: Line, given: Json) -> Session | None:
        code, self.closes_with = self.closes_with, None
        if given["token"] != self.token:
            code = 4004
        elif given["intents"] & PRIVILEGED:
            code = 4014
        if code is not None:
            await line.socket.close(code=code)
            return None
        self.identified += 1
        for old in self.sessions.values():
            self.unheard += old.missed
        self.sessions.clear()
        session = self.sessions[f"s{self.identified}"] = Session(f"s{self.identified}")
        session.socket = line
        guilds = self.guilds()
        ready = {**self.ready, "session_id": session.id, "resume_gateway_url": self.url}
        ready["guilds"] = [{"id": guild["id"], "unavailable": True} for guild in guilds]
        await session.dispatch("READY", ready)
        for guild in guilds:
            await session.dispatch("GUILD_CREATE", guild)
        session.breaks, self.breaks_once = self.breaks_once, False
        waiting, self.unheard = self.unheard, []
        for event, body in waiting:
            await session.dispatch(event, body)
        return session

    async def _resume(self, line: Line, given: Json) -> Session | None:
        session = self.sessions.get(given["session_id"])
        if session is None or self.is_forgetful:
            self.sessions.clear()
            await line.send({"op": 9, "d": False})
            return None
        self.resumed += 1
        session.socket = line
        session.missed.clear()
        for frame in session.events[given["seq"] :]:
            await line.send(frame)
        await session.dispatch("RESUMED", {})
        return session
