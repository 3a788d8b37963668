"""A client of HTTP/1.1 that costs little itself: one request at a time on one connection that stays."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length:"


class Line(asyncio.Protocol):
    """One connection; ``ask`` returns status and body."""

    def __init__(self) -> None:
        """Begin with nothing received."""
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Give the answer out when it is whole."""
        self._received += data
        head_ends = self._received.find(_END_OF_HEAD)
        if head_ends < 0 or self._answer is None or self._answer.done():
            return
        head = bytes(self._received[:head_ends]).lower()
        begins = head.find(_LENGTH)
        assert begins >= 0, head
        length = int(head[begins + len(_LENGTH) :].partition(b"\r\n")[0])
        whole = head_ends + len(_END_OF_HEAD) + length
        if len(self._received) >= whole:
            body = bytes(self._received[whole - length : whole])
            del self._received[:whole]
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Let who waits know."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("The server closed the connection."))

    async def ask(self, raw: bytes) -> tuple[int, bytes]:
        """Return what the server answers to the request's bytes."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


async def line_to(url: str) -> Line:
    """Return a new connection."""
    parts = urlsplit(url)
    _, line = await asyncio.get_running_loop().create_connection(Line, parts.hostname or "", parts.port or 80)
    return line


def raw(
    method: str, path: str, *, key: str = "", message: object = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """Return a request's bytes, with the headers that clients of v2 send."""
    body = b"" if message is None else json.dumps(message).encode()
    sent = {"Host": "horde.example.org", "Accept": "application/json", "Client-Agent": "bench:1:unknown"}
    if key:
        sent["apikey"] = key
    if message is not None:
        sent |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in (sent | dict(headers or {})).items())]
    return "\r\n".join(lines).encode() + _END_OF_HEAD + body


async def said(line: Line, request: bytes, *, status: int = 200) -> Any:
    """Return the JSON of the answer, which must have that status."""
    got, body = await line.ask(request)
    assert got == status, (got, body[:400])
    return json.loads(body)
