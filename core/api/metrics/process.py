"""What this process counted for itself since it was started: pops, submits, loops, who is held."""

from collections.abc import Callable, Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from core.services.statistics.meters import Meter, Meters


class ProcessFigures:
    """Tells the process's meters; nothing has to be read."""

    def __init__(self, meters: Meters, *, held: Callable[[], int], streams: Callable[[], int]) -> None:
        """Hold the meters. held, streams: how many pops are held and how many live streams are open now."""
        self._meters = meters
        self._held = held
        self._streams = streams

    async def refresh(self) -> None:
        """Do nothing: the meters are always up to date."""

    def collect(self) -> Iterable[Metric]:
        """Return the counts so far."""
        meters = self._meters
        yield _counter("horde_pops", "Answers to workers' pops, by whether a job was found.", meters.pops)
        yield _counter(
            "horde_pops_empty", "Empty pops; one counts under each reason that left jobs waiting.", meters.empty_pops
        )
        yield _counter("horde_submits", "Results that workers handed in, by their state.", meters.submits)
        yield _counter("horde_loop_runs", "Chores that this process has done.", meters.loop_runs)
        yield _counter("horde_loop_failures", "Chores that failed in this process.", meters.loop_failures)
        yield GaugeMetricFamily("horde_held_pops", "Pops that wait for a job here.", value=self._held())
        yield GaugeMetricFamily("horde_streams", "Live streams that are open here.", value=self._streams())


def _counter(name: str, what: str, meter: Meter) -> Metric:
    """Return a meter as Prometheus has it."""
    family = CounterMetricFamily(name, what, labels=list(meter.labels))
    for values, count in sorted(meter.read().items()):
        family.add_metric(list(values), count)
    return family
