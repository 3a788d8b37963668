"""The page that Prometheus reads: every room's figures, to whom the settings allow it."""

import ipaddress
import logging
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from core.domain.errors import HordeError, NotPermitted

log = logging.getLogger(__name__)
PATH: Final = "/metrics"
TEXT_FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


class Source(Protocol):
    """One room's figures. ``collect`` tells what the last ``refresh`` read and never waits."""

    async def refresh(self) -> None:
        """Read anew what is too old; raises ``HordeError`` where it cannot be read."""
        ...

    def collect(self) -> Iterable[Metric]:
        """Return the figures."""
        ...


class _Collected(Collector):
    """A source as the registry takes it."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def collect(self) -> Iterable[Metric]:
        """Return the source's figures."""
        return self._source.collect()

    def describe(self) -> Iterable[Metric]:
        """Return nothing: what a source has is known once it has been read."""
        return ()


class Metrics:
    """The figures of all rooms behind one route.

    open_to_all: False answers only clients on this machine that no proxy speaks for.
    """

    def __init__(self, sources: Sequence[Source], *, open_to_all: bool) -> None:
        """Register every source; nothing is read yet."""
        self._sources = tuple(sources)
        self._open_to_all = open_to_all
        self._registry = CollectorRegistry(auto_describe=False)
        self._failing: set[Source] = set()
        ProcessCollector(registry=self._registry)
        for source in self._sources:
            self._registry.register(_Collected(source))

    def routes(self) -> list[web.RouteDef]:
        """Return the page's route."""
        return [web.get(PATH, self.page)]

    async def page(self, request: web.Request) -> web.Response:
        """Answer with every figure in Prometheus' text format; a source that cannot be read tells its last ones."""
        if not self._open_to_all and not is_local(request):
            raise NotPermitted(
                "The metrics are shown to programs on the server's own machine only. "
                'Ask from there, or set server.metrics = "open" where a firewall guards the port.'
            )
        for source in self._sources:
            await self._refresh(source)
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": TEXT_FORMAT})

    async def _refresh(self, source: Source) -> None:
        """Have a source read anew; an outage is logged once when it begins and once when it ends."""
        try:
            await source.refresh()
        except HordeError as exc:
            if source not in self._failing:
                self._failing.add(source)
                log.warning("metrics.not_read source=%s error=%s", type(source).__name__, exc)
            return
        if source in self._failing:
            self._failing.discard(source)
            log.info("metrics.read_again source=%s", type(source).__name__)


def is_local(request: web.Request) -> bool:
    """Tell whether the client is on this machine, and no proxy says that it speaks for another."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address((request.remote or "").partition("%")[0]).is_loopback
    except ValueError:
        return False
