"""Who waits for us now: held pops and live streams, so that a stop or a client that has gone ends the wait at once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web

_LOOK_S = 1.0


def is_gone(request: web.Request) -> bool:
    """Tell whether the client has hung up; aiohttp lets the handler run on."""
    return request.transport is None or request.transport.is_closing()


class HeldPops:
    """The waits of one app. One timer looks after them all, and only while there are any."""

    def __init__(self) -> None:
        self._waits: dict[asyncio.Timeout, web.Request] = {}
        self._look: asyncio.TimerHandle | None = None
        self.closing = False
        self.streams = 0

    @asynccontextmanager
    async def hold(self, request: web.Request, *, wait_s: float) -> AsyncIterator[None]:
        """Run the block for at most ``wait_s`` seconds; it just ends when they are over, or the client or we go."""
        if self.closing or is_gone(request):
            wait_s = 0.0
        try:
            async with asyncio.timeout(wait_s) as wait:
                self._waits[wait] = request
                try:
                    self._look_later()
                    yield
                finally:
                    del self._waits[wait]
        except TimeoutError:
            if not wait.expired():
                raise

    @contextmanager
    def stream(self) -> Iterator[None]:
        """Count one live stream while the block runs."""
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1

    def __len__(self) -> int:
        return len(self._waits)

    async def close(self, _app: web.Application) -> None:
        """End every wait now and let none begin; the handlers answer that there is no job."""
        self.closing = True
        self._end(list(self._waits))
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _look_later(self) -> None:
        if self._look is None and self._waits and not self.closing:
            self._look = asyncio.get_running_loop().call_later(_LOOK_S, self._look_now)

    def _look_now(self) -> None:
        self._look = None
        self._end([wait for wait, request in self._waits.items() if is_gone(request)])
        self._look_later()

    def _end(self, waits: list[asyncio.Timeout]) -> None:
        for wait in waits:
            if not wait.expired():
                wait.reschedule(asyncio.get_running_loop().time())
