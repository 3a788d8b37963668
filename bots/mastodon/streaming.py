"""The server's stream, over which it says that there is something new; what it is, is read from the pages."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeAlias

import aiohttp
from yarl import URL

from bots.mastodon.account import Access

CONNECT_S: Final = 10.0
SILENCE_S: Final = 90.0
"""Streams have a beat every 15 to 30 seconds; one that is silent for so long is dead."""
PAUSE_FIRST_S: Final = 1.0
PAUSE_MOST_S: Final = 900.0
TROUBLE: Final = (aiohttp.ClientError, TimeoutError, OSError, ValueError)

_Way: TypeAlias = Callable[[aiohttp.ClientSession], Awaitable[None]]
_log = logging.getLogger(__name__)


class Stream:
    """A hint that may fail at any time: while it does, `wait` is a short poll, and nothing else changes.

    Its content is not looked at, so no SDK is needed, which would hold a thread for each connection: it is a
    WebSocket or server-sent events, whichever the server has. GoToSocial has WebSockets alone, and some proxies let
    none through.
    """

    def __init__(self, access: Access, *, url: str, pause_first_s: float = PAUSE_FIRST_S) -> None:
        """url: where the server says that its streams are, "" where it says nothing of it."""
        self._access = access
        self._url = _as_safe_as(access.base_url, url or access.base_url)
        self._pause_first_s = pause_first_s
        self._told = asyncio.Event()
        self._is_live = False
        self._was_told = False
        self._is_down_told = False

    async def wait(self) -> None:
        """Returns when something may be new: when the stream says so, was opened or broke, or after a while.

        After each hint a look follows soon: what a stream tells may not be in the server's lists yet.
        """
        is_quiet = self._is_live and not self._was_told
        with suppress(TimeoutError):
            async with asyncio.timeout(self._access.quiet_s if is_quiet else self._access.poll_s):
                await self._told.wait()
        self._was_told = self._told.is_set()
        self._told.clear()

    async def listen(self) -> None:
        """Listens for ever; a stream that is refused or breaks is opened again after a longer pause each time."""
        if not self._access.streams:
            return
        ways: list[_Way] = [self._by_socket, self._by_events]
        if self._url.scheme in {"http", "https"}:
            ways.reverse()
        pause_s = self._pause_first_s
        headers = {"Authorization": f"Bearer {self._access.token}", "User-Agent": "horde-suite"}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=SILENCE_S)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            while True:
                reasons: list[str] = []
                for way in list(ways):
                    try:
                        await way(session)
                    except TROUBLE as error:
                        reasons.append(str(error) or type(error).__name__)
                    if self._is_live:
                        ways.sort(key=lambda one, way=way: one != way)  # type: ignore[misc]  # what works is tried first
                        pause_s = self._pause_first_s
                        break
                self._lost(reasons[-1] if reasons else "the server ended it")
                await asyncio.sleep(pause_s * (1 + random.random() / 10))
                pause_s = min(pause_s * 2, PAUSE_MOST_S)

    async def _by_socket(self, session: aiohttp.ClientSession) -> None:
        scheme = {"http": "ws", "https": "wss"}.get(self._url.scheme, self._url.scheme)
        url = (self._url.with_scheme(scheme) / "api/v1/streaming").with_query(stream="user:notification")
        async with session.ws_connect(url, heartbeat=SILENCE_S / 3) as socket:
            self._opened("websocket")
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._told.set()

    async def _by_events(self, session: aiohttp.ClientSession) -> None:
        scheme = {"ws": "http", "wss": "https"}.get(self._url.scheme, self._url.scheme)
        url = self._url.with_scheme(scheme) / "api/v1/streaming/user/notification"
        async with session.get(url, headers={"Accept": "text/event-stream"}) as answer:
            answer.raise_for_status()
            if answer.content_type != "text/event-stream":
                message = f"the stream is {answer.content_type}"
                raise ValueError(message)
            self._opened("events")
            async for line in answer.content:
                if line.startswith(b"data:"):
                    self._told.set()

    def _opened(self, way: str) -> None:
        self._is_live = True
        self._told.set()
        _log.log(logging.INFO if self._is_down_told else logging.DEBUG, "mastodon.stream_up way=%s", way)
        self._is_down_told = False

    def _lost(self, reason: str) -> None:
        if self._is_live:
            self._told.set()
        self._is_live = False
        if not self._is_down_told:
            self._is_down_told = True
            _log.info("mastodon.stream_down poll_s=%g reason=%r", self._access.poll_s, reason)


def _as_safe_as(base_url: str, url: str) -> URL:
    """Returns the address, with encryption where the server itself has it: the token goes there."""
    found = URL(url)
    if found.scheme not in {"ws", "wss", "http", "https"} or not found.host:
        found = URL(base_url)
    if URL(base_url).scheme == "https":
        found = found.with_scheme({"ws": "wss", "http": "https"}.get(found.scheme, found.scheme))
    return found.with_query(None).with_fragment(None)
