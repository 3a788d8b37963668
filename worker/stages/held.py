"""The jobs that this worker holds, from pop to submit, and what its loops know of each other."""

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from worker.horde import Horde
from worker.jobs import Job
from worker.pipeline.studio import Made, Studio
from worker.screen import Screen
from worker.settings.keys import Settings
from worker.stages.patience import FaultStreak, Outage


class Stage(StrEnum):
    """Where a held job is."""

    READY = "ready"
    MAKING = "making"
    FINISHING = "finishing"


@dataclass(slots=True, eq=False)
class HeldJob:
    """One job under lease. `step` is written by the studio's thread, everything else by the event loop."""

    job: Job
    stage: Stage = Stage.READY
    step: int = 0
    lease_s: float = 0.0
    end: str = ""
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    popped_s: float = field(default_factory=time.monotonic)
    _stop: threading.Event = field(default_factory=threading.Event)

    def cancel(self, reason: str) -> None:
        """Stops the job at its next step boundary; the first reason stays."""
        self.end = self.end or reason
        self._stop.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody waits for this job any more."""
        return self._stop.is_set()

    def enter(self, stage: Stage) -> None:
        """Moves the job to a stage and wakes the task that renews its lease."""
        self.stage = stage
        self.moved.set()


class HeldJobs:
    """All jobs under lease; whoever waits for a change is woken by each."""

    def __init__(self) -> None:
        self._jobs: dict[str, HeldJob] = {}
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[HeldJob]:
        return iter(tuple(self._jobs.values()))

    def add(self, held: HeldJob) -> None:
        """Holds the job from now on."""
        self._jobs[held.job.id] = held
        self.touch()

    def drop(self, held: HeldJob) -> None:
        """Forgets the job; dropping it twice changes nothing."""
        self._jobs.pop(held.job.id, None)
        held.moved.set()
        self.touch()

    def holds(self, held: HeldJob) -> bool:
        """Whether the job is still held."""
        return self._jobs.get(held.job.id) is held

    @property
    def unmade(self) -> tuple[HeldJob, ...]:
        """The jobs whose picture is not made yet."""
        return tuple(held for held in self if held.stage is not Stage.FINISHING)

    def touch(self) -> None:
        """Wakes whoever waits for a change."""
        self._changed.set()

    async def change(self, *, timeout_s: float | None = None) -> None:
        """Returns after the next change, or after the time."""
        self._changed.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return


@dataclass(slots=True, kw_only=True)
class Workplace:
    """What the stages share: the doors to the horde and the studio, the jobs between them, and the state of affairs."""

    settings: Settings
    horde: Horde
    studio: Studio
    screen: Screen
    tasks: asyncio.TaskGroup
    stop: asyncio.Event
    held: HeldJobs = field(default_factory=HeldJobs)
    ready: asyncio.Queue[HeldJob]
    made: asyncio.Queue[tuple[HeldJob, Made]]
    outage: Outage
    store_outage: Outage
    streak: FaultStreak = field(default_factory=FaultStreak)
    jobs_done: int = 0

    def let_go(self, held: HeldJob) -> None:
        """The job is no longer held; a worker that came for one job only goes home with it."""
        self.held.drop(held)
        if self.settings.once:
            self.stop.set()
