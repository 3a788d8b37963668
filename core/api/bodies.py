"""Bodies in and out: JSON within a limit and a time, and replies as v2 sends them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

import msgspec
from aiohttp import web

from core.wire import MalformedBodyError, decode

MessageT = TypeVar("MessageT", bound=msgspec.Struct)

_JSON = "application/json"
_CHUNK_BYTES = 1 << 16


class BodyTooLargeError(Exception):
    """The body is larger than this route takes."""

    def __init__(self, bytes_max: int, what_to_do: str = "Send less, or a smaller picture.") -> None:
        super().__init__(f"The body is larger than the {bytes_max} bytes that this address takes. {what_to_do}")
        self.bytes_max = bytes_max


class BodyTooSlowError(Exception):
    """The body did not arrive in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The body did not arrive within {seconds:g} seconds. Send it again in one go.")


async def chunks_of(request: web.Request, *, bytes_max: int, chunk_s: float) -> AsyncIterator[bytes]:
    """Yield the body as it arrives.

    Raises:
        BodyTooLargeError: as soon as it is known, by the header or by counting.
        BodyTooSlowError: nothing came for ``chunk_s`` seconds.
    """
    if (request.content_length or 0) > bytes_max:
        raise BodyTooLargeError(bytes_max)
    size = 0
    while True:
        try:
            async with asyncio.timeout(chunk_s):
                chunk = await request.content.read(_CHUNK_BYTES)
        except TimeoutError as exc:
            raise BodyTooSlowError(chunk_s) from exc
        if not chunk:
            return
        size += len(chunk)
        if size > bytes_max:
            raise BodyTooLargeError(bytes_max)
        yield chunk


async def read_body(request: web.Request, *, bytes_max: int, body_s: float) -> bytes:
    """Return the whole body.

    Raises:
        BodyTooLargeError, BodyTooSlowError: see ``chunks_of``; ``body_s`` is for the whole body.
    """
    if request.content.is_eof() and (request.content_length or 0) <= bytes_max:
        whole = await request.content.read()  # it came with the head: nothing to wait for
        if len(whole) > bytes_max:
            raise BodyTooLargeError(bytes_max)
        return whole
    try:
        async with asyncio.timeout(body_s):
            return b"".join([chunk async for chunk in chunks_of(request, bytes_max=bytes_max, chunk_s=body_s)])
    except TimeoutError as exc:
        raise BodyTooSlowError(body_s) from exc


def message_in(request: web.Request, body: bytes, message: type[MessageT]) -> MessageT:
    """Return the message in the request's JSON body.

    Raises:
        MalformedBodyError: not JSON, or not this message.
    """
    return decode(_as_utf8(body, request.charset), message)


def json_reply(message: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return the message as a JSON response, with the content type v2 sends."""
    return web.Response(
        body=msgspec.json.encode(message), status=status, content_type=_JSON, charset="utf-8", headers=headers
    )


def _as_utf8(body: bytes, charset: str | None) -> bytes:
    if charset is None or charset.lower().replace("_", "-") in {"utf-8", "utf8", "us-ascii", "ascii"}:
        return body
    try:
        return body.decode(charset).encode()
    except (LookupError, UnicodeError) as exc:
        raise MalformedBodyError(f"The body is not text in {charset[:40]!r}. Send JSON in UTF-8.") from exc
