"""A host of pictures on loopback with a certificate of its own authority, and names that lead where a test says."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trustme
from aiohttp import web

from core.api.sources import AddressPolicy, SourceFetcher

NAME = "pictures.test"


@dataclass
class Names:
    """A name server: each name gives its answers in turn, the last one again and again."""

    answers: dict[str, list[Sequence[str]]] = field(default_factory=lambda: {NAME: [("127.0.0.1",)]})
    asked: list[str] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.answers:
            raise OSError(f"no such host: {host}")
        left = self.answers[host]
        return left.pop(0) if len(left) > 1 else left[0]


@dataclass
class PictureHost:
    """A running host. routes: path -> what it answers."""

    port: int
    trust: ssl.SSLContext
    names: Names
    routes: dict[str, bytes | web.Response | Callable[[web.Request], Awaitable[web.StreamResponse]]]
    seen: list[web.Request]

    def url(self, path: str = "/a", *, name: str = NAME) -> str:
        return f"https://{name}:{self.port}{path}"

    def redirect(self, path: str, to: str) -> str:
        """Answer the path with a redirect; returns its address."""

        async def away(_: web.Request) -> web.StreamResponse:
            return web.Response(status=302, headers={"Location": to})

        self.routes[path] = away
        return self.url(path)

    def fetcher(
        self, *, allowed: tuple[str, ...] = ("127.0.0.1",), within_s: float = 10.0, bytes_max: int = 5 << 20
    ) -> SourceFetcher:
        """Return a fetcher that trusts this host's authority and may go to these addresses."""
        policy = AddressPolicy(resolve=self.names.resolve, allows=lambda address: address in allowed)
        return SourceFetcher(policy=policy, tls=self.trust, within_s=within_s, bytes_max=bytes_max)


@asynccontextmanager
async def picture_host(*, bind: str = "127.0.0.1", port: int = 0) -> AsyncIterator[PictureHost]:
    """A host that runs for as long as the block."""
    authority = trustme.CA()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME, "127.0.0.1").configure_cert(serving)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    host = PictureHost(port=0, trust=trust, names=Names(), routes={}, seen=[])

    async def answer(request: web.Request) -> web.StreamResponse:
        host.seen.append(request)
        found = host.routes.get(request.path)
        if found is None:
            raise web.HTTPNotFound
        if isinstance(found, bytes):
            return web.Response(body=found, content_type="text/html")  # what it calls it must not matter
        return found if isinstance(found, web.Response) else await found(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, bind, port, ssl_context=serving)
    await site.start()
    host.port = runner.addresses[0][1]
    try:
        yield host
    finally:
        await runner.cleanup()
