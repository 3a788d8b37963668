"""The stream of server-sent events: each reader is told what the timeline did since their page was made."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from bots.commons.pages.asking import Asked
from bots.commons.pages.context import CommonsContext
from bots.commons.pages.live import Look, read_changes, small_news
from bots.commons.parse import cursor_numbers
from bots.commons.reading import Glass
from core.domain.errors import HordeError, Unavailable

HEARTBEAT_S = 15.0
SEND_S = 20.0
RETRY_MS = 2_000


class Streams:
    """Serves `/commons/events` to any number of readers, up to the context's bound."""

    def __init__(self, context: CommonsContext) -> None:
        """The looks at the database are shared by all streams of the context."""
        self._context = context

    async def events(self, asked: Asked) -> web.StreamResponse:
        """Tells the reader what changes, until they leave or the server stops."""
        pulse = self._context.pulse
        if pulse.listeners >= self._context.listeners_max:
            raise Unavailable("Too many people watch the timeline live. Reload the page to see what is new.")
        pulse.listeners += 1
        try:
            response = web.StreamResponse(
                headers={
                    "Content-Type": "text/event-stream; charset=utf-8",
                    "Cache-Control": "no-store",
                    "X-Accel-Buffering": "no",
                }
            )
            await response.prepare(asked.request)
            with contextlib.suppress(ConnectionError, TimeoutError, HordeError):
                await self._tell(asked, response)
            return response
        finally:
            pulse.listeners -= 1

    async def _tell(self, asked: Asked, response: web.StreamResponse) -> None:
        query = asked.request.query
        posts, votes = cursor_numbers(asked.request.headers.get("Last-Event-ID") or query.get("after"))
        seen = Look(posts=posts, votes=votes)
        await _send(response, f"retry: {RETRY_MS}\n\n")
        spoken_at_s = time.monotonic()
        while (now := await self._context.pulse.next()) is not None:
            if asked.request.transport is None or asked.request.transport.is_closing():
                return
            told = await self._text(asked, seen=seen, now=now, view=query.get("view", "timeline"))
            # A look shared with others may be older than the page: what was seen stays seen.
            seen = replace(now, posts=max(seen.posts, now.posts), votes=max(seen.votes, now.votes))
            if not told and time.monotonic() - spoken_at_s < HEARTBEAT_S:
                continue
            await _send(response, f"id: {seen.posts}.{seen.votes}\n{told}" if told else ": still here\n\n")
            spoken_at_s = time.monotonic()

    async def _text(self, asked: Asked, *, seen: Look, now: Look, view: str) -> str:
        if now == seen:
            return ""
        context = self._context
        glass = Glass(
            reader=asked.reader, now_ms=context.clock.now_ms(), handle=context.platform.handle, url_of=context.url_of
        )
        changes = await context.uow.read(lambda tx: read_changes(tx, glass, seen=seen, now=now))
        token = context.sessions.token(asked.reader)
        lines = []
        for thread in changes.threads if view == "timeline" else ():
            html = context.site.render("commons/fragment.html", threads=[thread], posts=[], token=token)
            lines.append(_event("thread", {"html": html}))
        for tile in changes.tiles if view == "showcase" else ():
            html = context.site.render("commons/fragment.html", threads=[], posts=[tile], token=token)
            lines.append(_event("tile", {"html": html}))
        lines += [
            _event("votes", {"post_id": tally.post_id, "up": tally.up, "down": tally.down, "mine": tally.mine})
            for tally in changes.votes
        ]
        if changes.me is not None:
            lines.append(_event("me", {"balance": changes.me.balance, "held": changes.me.held}))
        lines += [_event(news.name, news.body) for news in small_news(asked.reader, seen=seen, now=now)]
        return "".join(lines)


def _event(name: str, body: Mapping[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(body, separators=(',', ':'))}\n\n"


async def _send(response: web.StreamResponse, text: str) -> None:
    """The text is on its way; raises TimeoutError if the reader takes nothing for SEND_S."""
    await asyncio.wait_for(response.write(text.encode()), SEND_S)
