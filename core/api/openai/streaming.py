"""A text that is told piece by piece: signs of life while it is made, then its words, as server-sent events."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from aiohttp import web

from core.api.context import HELD
from core.api.openai.errors import problem_of
from core.api.operations import Call
from core.domain.errors import HordeError, Unavailable
from core.wire.openai import OpenAIError

_PIECE: Final = re.compile(r"\s*\S+\s*")
_PIECE_CHARS: Final = 16
_DONE: Final = b"data: [DONE]\n\n"
_ALIVE: Final = b": waiting\n\n"


class Stream:
    """The client's end of a stream."""

    def __init__(self, response: web.StreamResponse) -> None:
        """Hold the response, whose headers were sent."""
        self.response = response

    async def send(self, chunk: msgspec.Struct) -> None:
        """Send one chunk."""
        await self.response.write(b"data: " + msgspec.json.encode(chunk) + b"\n\n")

    async def stay(self) -> None:
        """Show that we are still here."""
        await self.response.write(_ALIVE)


@asynccontextmanager
async def streamed(call: Call[Any, Any]) -> AsyncIterator[Stream]:
    """Stream while the block runs; an error in it is told in the stream, whose headers are gone already.

    Raises:
        Unavailable: too many streams.
    """
    request, held = call.request, call.request.app[HELD]
    if held.streams >= call.context.streams_max:
        raise Unavailable(f"All {call.context.streams_max} live streams are in use. Ask with stream=false.")
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    with held.stream():
        await response.prepare(request)
        stream = Stream(response)
        try:
            yield stream
        except HordeError as exc:
            body = msgspec.json.encode({"message": str(exc), "rc": exc.code})
            await stream.send(OpenAIError(error=problem_of(503, body)[1]))
        await response.write(_DONE)


def pieces_of(text: str) -> Iterator[str]:
    """Yield the text in pieces of some words each; together they are the text."""
    piece = ""
    for word in _PIECE.findall(text) or ([text] if text else []):
        piece += word
        if len(piece) >= _PIECE_CHARS:
            yield piece
            piece = ""
    if piece:
        yield piece
