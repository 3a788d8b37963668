"""The bots' figures for Prometheus: what waits in inbox and outbox, and what became of the summonses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from bots.store.counts import BotCounts, bot_counts
from core.ports.clock import Clock
from core.ports.store import UnitOfWork

KEPT_MS: Final = 15_000


class BotFigures:
    """Reads the bots' counts, at most every quarter of a minute however often it is asked."""

    def __init__(self, *, uow: UnitOfWork, clock: Clock) -> None:
        """Holds where to read; nothing is read yet."""
        self._uow = uow
        self._clock = clock
        self._counts: tuple[int, BotCounts] | None = None

    async def refresh(self) -> None:
        """What is told is at most `KEPT_MS` old."""
        now_ms = self._clock.now_ms()
        if self._counts is None or not 0 <= now_ms - self._counts[0] < KEPT_MS:
            self._counts = (now_ms, await self._uow.read(lambda tx: bot_counts(tx, now_ms=now_ms)))

    def collect(self) -> Iterable[Metric]:
        """Returns what was read last; nothing before the first time."""
        if self._counts is None:
            return
        counts = self._counts[1]
        yield _by_state("horde_outbox_posts", "Posts by state; the sent ones of the last day.", counts.outbox)
        yield _by_state(
            "horde_commissions", "Summonses by state; those that are over of the last day.", counts.commissions
        )
        yield GaugeMetricFamily("horde_inbox_waiting", "Events that no desk has read yet.", value=counts.inbox_new)


def _by_state(name: str, what: str, counts: Mapping[tuple[str, str], int]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=["platform", "state"])
    for (platform, state), count in sorted(counts.items()):
        family.add_metric([platform, state], count)
    return family
