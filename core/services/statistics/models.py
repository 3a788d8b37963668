"""Models: who serves each now, what waits for it, and how long that takes."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.domain.kinds.kind import Kind
from core.ports.store import ReadTransaction, Transaction
from core.services.statistics.performance import lane_things

NEVER_S: Final = 10_000
"""How long it is said to take where something waits and nobody is there to do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFigures:
    """A model now. things: a guess from the lanes' classes. speed: things a second of one thread, 0 if not known."""

    name: str
    workers: int = 0
    threads: int = 0
    jobs: int = 0
    things: int = 0
    speed: float = 0.0

    @property
    def eta_s(self) -> int:
        """Seconds until what waits now is done."""
        if not self.jobs:
            return 0
        pace = self.speed * self.threads
        return NEVER_S if not pace else min(round(self.things / pace), NEVER_S)


def model_figures(
    tx: ReadTransaction | Transaction, *, kind: Kind, now_ms: int, online_s: int
) -> Sequence[ModelFigures]:
    """Return the models that a worker serves or someone waits for, by name."""
    workers: Counter[str] = Counter()
    threads: Counter[str] = Counter()
    speeds: defaultdict[str, list[int]] = defaultdict(list)
    for worker in tx.workers.online(now_ms - online_s * 1_000):
        if worker.kind is not kind:
            continue
        for name in worker.offer.models:
            workers[name] += 1
            threads[name] += max(worker.offer.threads, 1)
            if worker.speed_milli:
                speeds[name].append(worker.speed_milli)
    jobs: Counter[str] = Counter()
    things: Counter[str] = Counter()
    for lane_id, count in tx.lanes.waiting_by_lane(now_ms).items():
        lane = tx.lanes.get(lane_id)
        if lane is None or lane.kind is not kind:
            continue
        for name in lane.models:
            jobs[name] += count
            things[name] += count * lane_things(lane)
    return [
        ModelFigures(
            name=name,
            workers=workers[name],
            threads=threads[name],
            jobs=jobs[name],
            things=things[name],
            speed=sum(speeds[name]) / len(speeds[name]) / 1_000 if speeds[name] else 0.0,
        )
        for name in sorted(workers.keys() | jobs.keys())
    ]
