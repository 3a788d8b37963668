"""How an app is served: the port is checked, slow request heads are cut off, and a stop takes seconds."""

import asyncio
import errno
import gc
import logging
import resource
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

from core.api.bodies import json_reply
from core.domain.errors import Unavailable
from core.wire.people import RequestError

log = logging.getLogger(__name__)

_KEEPALIVE_S = 75.0
_FILES_WANTED = 65_536
_BACKLOG = 1_024
_SWEEPS = (10_000, 20, 100)
"""New objects before a look at the young, and looks at each age before one at the next."""


class GuardedConnection(web.RequestHandler):
    """One connection; it is closed unless its first request's head is complete in time.

    aiohttp has no time-out for heads. Later heads on the same connection fall under its keep-alive time-out.
    """

    __slots__ = ("_head_s", "_silence")

    def __init__(self, server: web.Server, *, loop: asyncio.AbstractEventLoop, head_s: float) -> None:
        super().__init__(server, loop=loop, keepalive_timeout=_KEEPALIVE_S)
        self.access_log = None  # type: ignore[assignment] # aiohttp reads None as: keep none
        self.access_logger, self._logging_enabled = None, False
        self._head_s = head_s
        self._silence: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clock."""
        super().connection_made(transport)
        self._silence = asyncio.get_running_loop().call_later(self._head_s, self.force_close)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Stop the clock."""
        self.head_has_come()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP in JSON too, and without a word in the log: anyone can send that."""
        if status >= 500 or request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        said = "This is no HTTP/1.1 request that can be read. Check its first line, its headers and their lengths."
        response = json_reply(RequestError(message=said), status=status)
        response.force_close()
        return response

    def head_has_come(self) -> None:
        """Let the connection live."""
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None


@web.middleware
async def note_head(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Tell the connection that a whole head has come."""
    if isinstance(request.protocol, GuardedConnection):
        request.protocol.head_has_come()
    return await handler(request)


def listen(*, host: str, port: int, reuse_port: bool = False) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one. So the address is known before the app is made.

    reuse_port: other processes may listen on it too; the kernel deals the connections out.

    Raises:
        Unavailable: the port is taken or may not be used.
    """
    try:
        return socket.create_server((host, port), backlog=_BACKLOG, reuse_port=reuse_port)
    except (OSError, OverflowError) as exc:
        raise Unavailable(_why_not(exc, host=host, port=port)) from exc


class ApiServer:
    """Serves one app on one address. Start and stop may be called in any order and more than once."""

    def __init__(
        self,
        app: web.Application,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        listening: socket.socket | None = None,
        head_s: float = 10.0,
        stop_s: float = 3.0,
    ) -> None:
        """Hold what to serve where: a socket of ``listen``, or host and port (0 takes a free one).

        head_s: time for a head, stop_s: to end open requests.
        """
        self.app = app
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=stop_s)
        self._host, self._wanted_port, self._head_s = host, port, head_s
        self._listening = listening
        self._listener: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port it listens on; the wanted one until it does."""
        if self._listener is None or not self._listener.sockets:
            return self._wanted_port
        return int(self._listener.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen.

        Raises:
            Unavailable: the port is taken or may not be used.
        """
        if self._listener is not None:
            return
        await self._runner.setup()
        server, loop = self._runner.server, asyncio.get_running_loop()
        if server is None:
            raise Unavailable("The HTTP server did not come up. Start again.")
        try:
            listening = self._listening or listen(host=self._host, port=self._wanted_port)
        except Unavailable:
            await self._runner.cleanup()
            raise
        self._listening = None
        self._listener = await loop.create_server(
            lambda: GuardedConnection(server, loop=loop, head_s=self._head_s), sock=listening, backlog=_BACKLOG
        )

    async def stop(self) -> None:
        """Take no more connections, end held pops, give open requests ``stop_s`` seconds, and close."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await self._runner.cleanup()


def raise_open_files_limit() -> int:
    """Raise this process's limit of open files as far as it may and return what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(_FILES_WANTED, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    log.info("api.open_files limit=%s", soft)
    return soft


def sweep_seldom() -> None:
    """Have the interpreter look for cycles of garbage less often, and not at what was loaded before.

    With thousands of held pops each full look stops everything for some 100 ms; what is not in a cycle goes at once
    anyway.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_SWEEPS)


def _why_not(error: Exception, *, host: str, port: int) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken by another program. Stop that program, or choose another port "
            "(0 takes any free one)."
        )
    return f"{host}:{port} cannot be listened on: {error}. Choose another host or port."
