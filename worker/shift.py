"""One shift of the worker: opens the studio, runs the stages, and hands every job back when it ends."""

import asyncio
import os
import uuid
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor

import aiohttp

from worker.errors import HordeUnreachableError, ModelUnusableError, WorkerError
from worker.horde import Horde, suite_version
from worker.logs import say, warn
from worker.pipeline.studio import Studio
from worker.screen import OpenNsfwScreen, Screen
from worker.settings.keys import Settings
from worker.stages.finishing import finish_pictures
from worker.stages.held import HeldJob, Stage, Workplace
from worker.stages.making import make_pictures
from worker.stages.patience import Outage, keep_running
from worker.stages.popping import pop_jobs

FINISHERS = 2
# Of the 5 s that a stop may take (`horde up` waits 4): what is nearly done may be handed in, the rest is handed back.
HAND_IN_S = 2.0
HAND_BACK_S = 2.4
LATE_HAND_BACK_S = 1.0


class _ShiftOverError(Exception):
    """Ends the task group and with it every task that is left."""


class Shift:
    """The worker from start to stop. `stop` may be set at any time, from the event loop."""

    def __init__(self, settings: Settings, *, screen: Screen | None = None, studio: Studio | None = None) -> None:
        self.stop = asyncio.Event()
        self._settings = settings
        self._screen = screen
        self._studio = studio or Studio(settings)
        self._pool = ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1), thread_name_prefix="finish")
        self._fatal: WorkerError | None = None

    @property
    def is_drawing(self) -> bool:
        """Whether the studio's thread is still in the middle of a step."""
        return self._studio.is_busy

    async def run(self) -> None:
        """Works until `stop` is set.

        Raises:
            WorkerError: the worker cannot start, or the horde does not want it.
        """
        settings = self._settings
        say("worker.starting", version=suite_version(), horde=settings.url, name=settings.name, pid=os.getpid())
        try:
            if await self._unless_stopped(self._open()):
                await self._work()
        finally:
            self._studio.close()
            self._pool.shutdown(wait=False, cancel_futures=True)
        if self._fatal is not None:
            raise self._fatal
        say("worker.stopped", horde=settings.url)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            screen = None if self._screen else loop.run_in_executor(self._pool, OpenNsfwScreen)
            await self._studio.open()
            if screen is not None:
                self._screen = await screen
        except ImportError as exc:
            raise ModelUnusableError(
                f"{exc.name} is missing: drawing needs the extra `worker`. Run: pip install 'horde-suite[worker]'"
            ) from exc

    async def _unless_stopped(self, work: Coroutine[None, None, None]) -> bool:
        """Whether the work came to its end before the stop."""
        try:
            async with asyncio.TaskGroup() as group:
                opening = group.create_task(work)
                stopping = group.create_task(self.stop.wait())
                await asyncio.wait((opening, stopping), return_when=asyncio.FIRST_COMPLETED)
                opening.cancel()
                stopping.cancel()
        except* WorkerError as many:
            self._fatal = _first(many)
        return self._fatal is None and not self.stop.is_set()

    async def _work(self) -> None:
        try:
            await self._stages()
        except* _ShiftOverError:
            pass

    async def _stages(self) -> None:
        settings = self._settings
        async with aiohttp.ClientSession(trust_env=True) as session, asyncio.TaskGroup() as group:
            if self._screen is None:
                return
            place = Workplace(
                settings=settings,
                horde=Horde(session, settings, start_id=str(uuid.uuid4())),
                studio=self._studio,
                screen=self._screen,
                tasks=group,
                stop=self.stop,
                ready=asyncio.Queue(maxsize=settings.prefetch + 2),
                made=asyncio.Queue(maxsize=FINISHERS),
                outage=Outage("horde"),
                store_outage=Outage("store"),
            )
            say(
                "worker.ready",
                horde=settings.url,
                models=",".join(entry.name for entry in settings.models),
                threads=settings.threads or None,
                prefetch=settings.prefetch,
                nsfw_threshold=settings.nsfw_threshold,
            )
            popping = group.create_task(self._pop(place))
            group.create_task(keep_running("making", lambda: make_pictures(place)))
            for _ in range(FINISHERS):
                group.create_task(keep_running("finishing", lambda: finish_pictures(place, self._pool)))
            await self.stop.wait()
            popping.cancel()
            await _hand_over(place)
            raise _ShiftOverError

    async def _pop(self, place: Workplace) -> None:
        try:
            await keep_running("popping", lambda: pop_jobs(place))
        except WorkerError as exc:
            self._fatal = exc
            self.stop.set()


async def _hand_over(place: Workplace) -> None:
    """No job is held afterwards: what is made is handed in if that is quick, everything else goes back to the queue."""
    back = list(place.held.unmade)
    for held in back:
        held.cancel("the worker stops")
    say("worker.stopping", held=len(place.held), handing_back=len(back))
    async with asyncio.TaskGroup() as group:
        for held in back:
            group.create_task(_hand_back(place, held, within_s=HAND_BACK_S))
        group.create_task(_handed_in(place))
    late = [held for held in place.held if held.stage is Stage.FINISHING]
    async with asyncio.TaskGroup() as group:
        for held in late:
            group.create_task(_hand_back(place, held, within_s=LATE_HAND_BACK_S))
    for held in place.held:
        place.held.drop(held)


async def _handed_in(place: Workplace) -> None:
    try:
        async with asyncio.timeout(HAND_IN_S):
            while any(held.stage is Stage.FINISHING and not held.is_cancelled for held in place.held):
                await place.held.change()
    except TimeoutError:
        return


async def _hand_back(place: Workplace, held: HeldJob, *, within_s: float) -> None:
    held.cancel("the worker stops")
    try:
        async with asyncio.timeout(within_s):
            await place.horde.release(held.job.id)
        say("job.released", job_id=held.job.id)
    except (HordeUnreachableError, TimeoutError) as exc:
        warn("release.failed", job_id=held.job.id, cause=str(exc) or "no answer", next="its lease will run out")


def _first(many: BaseExceptionGroup[WorkerError]) -> WorkerError:
    found: BaseException = many
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found if isinstance(found, WorkerError) else WorkerError(str(found))
