"""`pop_growth_*`: how much slower a pop is in a long queue than in a short one, and how many rows it looks at."""

import time
from collections.abc import Sequence
from typing import Final

from core.domain.ids import AccountId
from core.domain.jobs import Leased
from core.domain.workers.offer import WorkerOffer
from core.ports.store import Transaction
from core.services.queue.pop import pop
from core.store import connection_of
from tests.benchmarks.engine_floors import median
from tests.benchmarks.engine_ground import MODELS, POLICY, Ground, people
from tests.benchmarks.harness import Figure, percentile

ROUNDS: Final = 5
BATCH: Final = 16
"""Fewer than the jobs that fit the choosiest worker in the short queue."""
GROWTH_TARGET: Final = "at most 1.5"
FOREIGN: Final = tuple(f"foreign{number:02}" for number in range(len(MODELS)))
CASES: Final = {
    "1_match": MODELS[:1],
    "50_match": MODELS,
    "1_none": FOREIGN[:1],
    "50_none": FOREIGN,
}


async def pop_growth(small: Ground, large: Ground, *, quick: bool) -> list[Figure]:
    """For each worker: the median over alternating rounds of p95 at the long queue over p95 at the short one."""
    pops = 60 if quick else 200
    grounds = (small, large)
    owners = [(await people(ground.scene, 1, prefix="popper", trusted=True))[0] for ground in grounds]
    ratios: dict[str, list[float]] = {case: [] for case in CASES}
    p95_ms: dict[str, tuple[list[float], list[float]]] = {case: ([], []) for case in CASES}
    for ground, owner_id in zip(grounds, owners, strict=True):
        for case, models in CASES.items():
            await _p95_ms(ground, _offer(case, owner_id, models), pops=10)
    for number in range(ROUNDS):
        for case, models in CASES.items():
            found = [0.0, 0.0]
            for which in (0, 1) if number % 2 == 0 else (1, 0):
                found[which] = await _p95_ms(grounds[which], _offer(case, owners[which], models), pops=pops)
                p95_ms[case][which].append(found[which])
            ratios[case].append(found[1] / found[0])
    store = small.store
    figures = []
    for case, models in CASES.items():
        short, long = p95_ms[case]
        figures.append(Figure(name=f"pop_growth_{store}_{case}", value=median(ratios[case]), unit="x"))
        figures.append(Figure(name=f"pop_p95_{store}_{case}", value=median(long), unit="ms", floor=median(short)))
        for ground, owner_id, size in zip(grounds, owners, ("small", "large"), strict=True):
            effort, unit = await _effort(ground, _offer(case, owner_id, models))
            figures.append(Figure(name=f"pop_effort_{store}_{case}_{size}", value=effort, unit=unit))
    worst = max(median(of_case) for of_case in ratios.values())
    return [Figure(name=f"pop_growth_{store}", value=worst, unit="x", target=GROWTH_TARGET), *figures]


def _offer(case: str, owner_id: AccountId, models: Sequence[str]) -> WorkerOffer:
    return WorkerOffer(
        name=f"popper {case}", account_id=owner_id, models=tuple(models), pixels_max=2**22, reports_progress=True
    )


async def _p95_ms(ground: Ground, offer: WorkerOffer, *, pops: int) -> float:
    """The 95th percentile of whole pops with their COMMIT, one after the other.

    What was taken is given back after every few pops, outside the time, so that even the short queue never runs dry.
    """
    scene = ground.scene
    times_ms: list[float] = []
    while len(times_ms) < pops:
        taken: list[Leased] = []
        for _ in range(BATCH):
            began_s = time.perf_counter()
            popped = await scene.pop(offer)
            times_ms.append((time.perf_counter() - began_s) * 1_000)
            taken += popped.jobs
        for job in taken:
            await scene.release(job, offer.account_id)
    return percentile(times_ms, 0.95)


async def _effort(ground: Ground, offer: WorkerOffer) -> tuple[float, str]:
    """Rows that one pop looks at (PostgreSQL's own count), or steps of SQLite's machine; the job is given back."""
    now_ms = ground.scene.clock.now_ms()

    def counted(tx: Transaction) -> tuple[float, str]:
        if ground.store == "sqlite":
            before = _SqliteSteps(tx)
            pop(tx, offer=offer, policy=POLICY, now_ms=now_ms)
            found = before.taken(), "VM steps"
        else:
            first = _rows_read(tx)
            pop(tx, offer=offer, policy=POLICY, now_ms=now_ms)
            found = _rows_read(tx) - first, "rows"
        return found

    measured = await ground.uow.write(counted)
    popped = await ground.scene.pop(offer)
    for job in popped.jobs:
        await ground.scene.release(job, offer.account_id)
    return measured


class _SqliteSteps:
    """Counts the steps of SQLite's machine on a transaction's connection."""

    def __init__(self, tx: Transaction) -> None:
        self.steps = 0
        self.raw = connection_of(tx).connection.dbapi_connection
        self.raw.set_progress_handler(self._tick, 1)  # type: ignore[union-attr]

    def _tick(self) -> int:
        self.steps += 1
        return 0

    def taken(self) -> int:
        """The steps since the beginning; counting ends."""
        self.raw.set_progress_handler(None, 1)  # type: ignore[union-attr]
        return self.steps


def _rows_read(tx: Transaction) -> int:
    """Rows of tables that this transaction has read so far, by index or in sequence."""
    found = connection_of(tx).exec_driver_sql(
        "SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_xact_user_tables"
    )
    return int(found.scalar_one())
