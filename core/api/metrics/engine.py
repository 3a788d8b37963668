"""The engine's figures: the queue, the work done and the ledger, the same whichever process is asked."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Generic, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from core.domain.statistics import WAIT_BOUNDS_S, Tally
from core.ports.clock import Clock
from core.ports.store import ReadTransaction, UnitOfWork
from core.services.statistics.figures import Figures, LedgerFigures, figures, ledger_figures

FIGURES_KEPT_MS: Final = 5_000
READING_SHARE: Final = 50
"""What took long to read is kept this many times longer: a long queue costs no more of the time than a short one."""
LEDGER_KEPT_MS: Final = 60_000
"""The ledger's sums go over every account, so they are read less often."""
MK: Final = 1_000
T = TypeVar("T")


class _Kept(Generic[T]):
    """What was read last and how long it is good for."""

    def __init__(self, kept_ms: int) -> None:
        self.value: T | None = None
        self._least_ms = kept_ms
        self._read_at_ms = 0
        self._kept_ms = 0

    def is_fresh(self, now_ms: int) -> bool:
        """Tell whether it need not be read again yet."""
        return self.value is not None and 0 <= now_ms - self._read_at_ms < self._kept_ms

    async def read(self, uow: UnitOfWork, query: Callable[[ReadTransaction], T], now_ms: int) -> None:
        """Read it anew."""
        began = time.perf_counter()
        self.value = await uow.read(query)
        took_ms = round((time.perf_counter() - began) * 1_000)
        self._read_at_ms, self._kept_ms = now_ms, max(self._least_ms, took_ms * READING_SHARE)


class EngineFigures:
    """Reads the engine's figures from the database, at most every few seconds however often it is asked."""

    def __init__(self, *, uow: UnitOfWork, clock: Clock, online_s: int) -> None:
        """Hold where to read; nothing is read yet."""
        self._uow = uow
        self._clock = clock
        self._online_s = online_s
        self._queue: _Kept[Figures] = _Kept(FIGURES_KEPT_MS)
        self._ledger: _Kept[LedgerFigures] = _Kept(LEDGER_KEPT_MS)

    async def refresh(self) -> None:
        """Read what is older than it may be."""
        now_ms = self._clock.now_ms()
        if not self._queue.is_fresh(now_ms):
            await self._queue.read(self._uow, lambda tx: figures(tx, now_ms=now_ms, online_s=self._online_s), now_ms)
        if not self._ledger.is_fresh(now_ms):
            await self._ledger.read(self._uow, ledger_figures, now_ms)

    def collect(self) -> Iterable[Metric]:
        """Return what was read last; nothing before the first time."""
        if self._queue.value is not None:
            yield from _queue(self._queue.value)
            yield from _done(self._queue.value)
        if self._ledger.value is not None:
            yield from _ledger(self._ledger.value)


def _queue(found: Figures) -> Iterator[Metric]:
    """Return what waits, what is in work and who is there."""
    waiting = GaugeMetricFamily("horde_queue_jobs", "Jobs that wait for a worker.", labels=["kind"])
    leased = GaugeMetricFamily("horde_leases_active", "Jobs in the hands of workers.", labels=["kind"])
    workers = GaugeMetricFamily("horde_workers", "Workers that were seen lately.", labels=["kind"])
    threads = GaugeMetricFamily("horde_worker_threads", "Threads of those workers.", labels=["kind"])
    for one in found.crowds:
        waiting.add_metric([one.kind], one.waiting)
        leased.add_metric([one.kind], one.processing)
        workers.add_metric([one.kind], one.workers)
        threads.add_metric([one.kind], one.threads)
    return iter((waiting, leased, workers, threads))


def _done(found: Figures) -> Iterator[Metric]:
    """Return what was done since the horde began."""
    jobs = CounterMetricFamily("horde_jobs_done", "Jobs that workers finished.", labels=["kind"])
    lost = CounterMetricFamily("horde_jobs_lost", "Jobs that nobody finished.", labels=["kind", "how"])
    requests = CounterMetricFamily("horde_requests_ended", "Requests that came to their end.", labels=["kind"])
    things = CounterMetricFamily("horde_things_done", "Pixel-steps, tokens or forms that were made.", labels=["kind"])
    price = CounterMetricFamily("horde_price_kudos", "Kudos that finished jobs cost.", labels=["kind"])
    reward = CounterMetricFamily("horde_reward_kudos", "Kudos that workers earned by jobs.", labels=["kind"])
    worked = CounterMetricFamily("horde_job_work_seconds", "Time from pop to submit, of all jobs.", labels=["kind"])
    waits = HistogramMetricFamily("horde_job_wait_seconds", "Time from asking to the pop.", labels=["kind"])
    for kind, tally in found.done.items():
        jobs.add_metric([kind], tally.jobs)
        for how, count in (("faulted", tally.faulted), ("cancelled", tally.cancelled), ("expired", tally.expired)):
            lost.add_metric([kind, how], count)
        requests.add_metric([kind], tally.requests)
        things.add_metric([kind], tally.things)
        price.add_metric([kind], tally.price_mk / MK)
        reward.add_metric([kind], tally.reward_mk / MK)
        worked.add_metric([kind], tally.worked_ms / 1_000)
        waits.add_metric([kind], buckets=_classes(tally), sum_value=tally.waited_ms / 1_000)
    return iter((jobs, lost, requests, things, price, reward, worked, waits))


def _classes(tally: Tally) -> list[tuple[str, float]]:
    """Return the waits' classes as Prometheus has them: each with all that are below its bound."""
    below, found = 0, []
    for bound, count in zip((*map(float, WAIT_BOUNDS_S), "+Inf"), tally.waits, strict=True):
        below += count
        found.append((str(bound), float(below)))
    return found


def _ledger(found: LedgerFigures) -> Iterator[Metric]:
    """Return where the kudos are. Their sum is told in millikudos, so that it is exact."""
    posted = GaugeMetricFamily("horde_ledger_kudos", "Balances, the people's together.", labels=["account"])
    for name, amount_mk in found.posted_mk.items():
        posted.add_metric([name], amount_mk / MK)
    held = GaugeMetricFamily("horde_ledger_held_kudos", "Kudos held for open requests.", value=found.held_mk / MK)
    total = GaugeMetricFamily(
        "horde_ledger_sum_millikudos", "The sum of all balances; anything but 0 is an error.", value=found.sum_mk
    )
    return iter((posted, held, total))
