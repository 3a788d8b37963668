"""What this process measured of its store: how long writes take, and how many share a transaction."""

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from core.services.statistics.meters import Spread
from core.store.meters import StoreMeters


class StoreFigures:
    """Tells the store's measures; nothing has to be read."""

    def __init__(self, meters: StoreMeters) -> None:
        """Hold the measures."""
        self._meters = meters

    async def refresh(self) -> None:
        """Do nothing: the measures are always up to date."""

    def collect(self) -> Iterable[Metric]:
        """Return the measures so far; on PostgreSQL, where every write has its own transaction, no groups."""
        yield _histogram("horde_store_write_seconds", "Time from asking for a write to its end.", self._meters.seconds)
        yield _histogram("horde_store_group_writes", "Writes that share one transaction.", self._meters.groups)
        yield GaugeMetricFamily(
            "horde_store_open_writes", "Writes that were asked for and have not ended.", value=self._meters.open_writes
        )


def _histogram(name: str, what: str, spread: Spread) -> Metric:
    """Return a spread as Prometheus has it: each class with all that are below its bound."""
    below, buckets = 0, []
    for bound, count in zip((*map(str, map(float, spread.bounds)), "+Inf"), spread.read(), strict=True):
        below += count
        buckets.append((bound, float(below)))
    return HistogramMetricFamily(name, what, buckets=buckets, sum_value=spread.sum)
