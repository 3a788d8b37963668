"""The loops: each chore has one, which waits for its bell, does the work and lives on."""

import asyncio
import logging
from datetime import UTC

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from core.loops.chore import Chore
from core.ports.clock import Clock
from core.ports.store import Transaction, UnitOfWork
from core.services.statistics.meters import Meters

log = logging.getLogger(__name__)


class Loops:
    """Runs chores until stopped; the scheduler only rings, the tasks here do the work."""

    def __init__(
        self, chores: tuple[Chore, ...], *, uow: UnitOfWork, clock: Clock, meters: Meters | None = None
    ) -> None:
        """Hold the chores; nothing runs yet. meters: count what is done and what fails."""
        self._chores = chores
        self._uow = uow
        self._clock = clock
        self._meters = meters or Meters()
        self._stopped = asyncio.Event()
        self._failing: set[str] = set()

    async def run(self) -> None:
        """Run every chore at its times until ``stop``; work that has begun is finished first."""
        bells = {chore.name: asyncio.Event() for chore in self._chores}
        scheduler = AsyncIOScheduler(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            executors={"default": AsyncIOExecutor()},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for chore in self._chores:
            scheduler.add_job(
                _ring, IntervalTrigger(seconds=chore.every_s, timezone=UTC), args=(bells[chore.name],), id=chore.name
            )
        scheduler.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                for chore in self._chores:
                    tasks.create_task(self._attend(chore, bells[chore.name]), name=f"loop-{chore.name}")
                await self._stopped.wait()
                for bell in bells.values():
                    bell.set()
        finally:
            scheduler.shutdown(wait=False)

    async def stop(self) -> None:
        """Let ``run`` return after the work in hand."""
        self._stopped.set()

    async def run_once(self, chore: Chore) -> int | None:
        """Return how much there was to do, or None where nothing was due or another process has this run."""
        now_ms = self._clock.now_ms()
        due_ms = now_ms - now_ms % (chore.every_s * 1_000)
        is_due, work = chore.due, chore.in_transaction
        if is_due is not None and not await self._uow.read(lambda tx: is_due(tx, now_ms)):
            return None
        if work is not None:

            def begin_work_end(tx: Transaction) -> int | None:
                if not tx.loops.begin(chore.name, due_ms=due_ms, now_ms=now_ms):
                    return None
                done = work(tx, now_ms)
                tx.loops.end(chore.name, due_ms=due_ms, now_ms=self._clock.now_ms(), outcome=str(done))
                return done

            return await self._uow.write(begin_work_end)
        if chore.outside is None or not await self._uow.write(
            lambda tx: tx.loops.begin(chore.name, due_ms=due_ms, now_ms=now_ms)
        ):
            return None
        done = await chore.outside(now_ms)
        await self._uow.write(
            lambda tx: tx.loops.end(chore.name, due_ms=due_ms, now_ms=self._clock.now_ms(), outcome=str(done))
        )
        return done

    async def _attend(self, chore: Chore, bell: asyncio.Event) -> None:
        """Do the chore at each ring; a failure is logged once when it begins and once when it ends."""
        while True:
            await bell.wait()
            bell.clear()
            if self._stopped.is_set():
                return
            try:
                done = await self.run_once(chore)
            except Exception as exc:
                self._meters.loop_failures.count(chore.name)
                if chore.name not in self._failing:
                    self._failing.add(chore.name)
                    log.warning("loop.failing loop=%s error=%s", chore.name, exc, exc_info=exc)
                continue
            if chore.name in self._failing:
                self._failing.discard(chore.name)
                log.info("loop.recovered loop=%s", chore.name)
            if done is not None:
                self._meters.loop_runs.count(chore.name)
            if done:
                log.debug("loop.done loop=%s count=%d", chore.name, done)


async def _ring(bell: asyncio.Event) -> None:
    """Say that it is time."""
    bell.set()
