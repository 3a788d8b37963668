"""Wake-ups in memory: held pops wait here in the order in which they came."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import islice
from typing import Final

from core.domain.errors import HordeError

log = logging.getLogger(__name__)
TICK_S: Final = 1.0
SPARE_S: Final = 2.0
"""A hint that found nobody is kept this long for who comes next: between an empty pop and the wait there is a gap."""
SPARE_MAX: Final = 1_000


class _Waiter:
    """One held pop."""

    __slots__ = ("fits", "future")

    def __init__(self, fits: Callable[[int], bool], future: "asyncio.Future[bool]") -> None:
        self.fits = fits
        self.future = future


class MemoryWakeup:
    """Wakes, for each job that waits anew, the longest waiting pop that fits it.

    Besides, one tick a second looks whether any were passed over if there was a hint since the last, or if another
    process has committed to the same database (``watch``): it wakes as many as jobs wait in lanes that fit them, or
    everyone where nobody can tell what waits. Waiting and ticking belong to one event loop; ``notify`` may come from
    any thread.
    """

    def __init__(self, *, tick_s: float = TICK_S) -> None:
        """Begin with nobody waiting."""
        self._tick_s = tick_s
        self._lock = threading.Lock()
        self._hints: list[int] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiters: deque[_Waiter] = deque()
        self._spare: deque[tuple[float, int]] = deque(maxlen=SPARE_MAX)
        self._hinted = False
        self._changed: Callable[[], Awaitable[bool]] | None = None
        self._waiting: Callable[[], Awaitable[Mapping[int, int]]] | None = None
        self._stopped = asyncio.Event()

    def watch(
        self,
        changed: Callable[[], Awaitable[bool]],
        *,
        waiting: Callable[[], Awaitable[Mapping[int, int]]] | None = None,
    ) -> None:
        """Have the tick ask ``changed`` whether another process has committed (``UnitOfWork.changed_elsewhere``).

        waiting: tells how many jobs wait in each lane, so that thousands need not be woken for one job.
        """
        self._changed = changed
        self._waiting = waiting

    def notify(self, lane_ids: Iterable[int]) -> None:
        """Wake, for each job's lane, the longest waiting that fits. Safe from any thread."""
        with self._lock:
            first = not self._hints
            self._hints.extend(lane_ids)
            loop = self._loop
        if first and loop is not None and not loop.is_closed():
            try:
                if _is_running(loop):
                    loop.call_soon(self._deliver)  # needs no byte through a pipe to be woken
                else:
                    loop.call_soon_threadsafe(self._deliver)
            except RuntimeError:  # the loop was closed meanwhile, so nobody waits
                log.debug("wakeup.loop_closed")

    async def wait(self, lanes_fit: Callable[[int], bool], *, timeout_s: float) -> bool:
        """Return True when there may be work in a fitting lane, False after ``timeout_s`` or at the stop."""
        self._loop = asyncio.get_running_loop()
        self._deliver()
        if self._stopped.is_set() or timeout_s <= 0:
            return False
        if self._take_spare(lanes_fit):
            return True
        waiter = _Waiter(lanes_fit, self._loop.create_future())
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(timeout_s):
                return await waiter.future
        except TimeoutError:
            return False
        finally:
            if not waiter.future.done() or waiter.future.cancelled():
                waiter.future.cancel()
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    async def run(self) -> None:
        """Tick until ``stop``."""
        self._loop = asyncio.get_running_loop()
        self._deliver()
        lost = False
        while not self._stopped.is_set():
            try:
                async with asyncio.timeout(self._tick_s):
                    await self._stopped.wait()
            except TimeoutError:
                lost = await self._tick(lost=lost)
        self._wake_all(found=False)

    async def stop(self) -> None:
        """Let every wait return False, now and from now on."""
        self._stopped.set()
        self._wake_all(found=False)

    async def _tick(self, *, lost: bool) -> bool:
        """Wake those for whom there may be work; return whether the database is out of reach, logged once."""
        jobs: Mapping[int, int] | None = None
        looks = self._hinted
        try:
            if self._waiters and self._changed is not None:
                looks = await self._changed() or looks
            if self._waiters and looks and self._waiting is not None:
                self._hinted = False
                jobs = await self._waiting()
        except HordeError as exc:
            self._hinted = looks
            if not lost:
                log.warning("wakeup.database_lost error=%s", exc)
            return True
        if lost:
            log.info("wakeup.database_back")
        if jobs is not None:
            self._wake_for(jobs)
        elif looks:
            self._hinted = False
            self._wake_all(found=True)
        return False

    def _wake_for(self, jobs: Mapping[int, int]) -> None:
        """Wake as many as there are jobs in lanes that fit; look again next time, while any job waits."""
        self._hinted = self._hinted or bool(jobs)
        for lane_id, count in jobs.items():
            fitting = (waiter for waiter in tuple(self._waiters) if waiter.fits(lane_id))
            for waiter in islice(fitting, count):
                self._waiters.remove(waiter)
                if not waiter.future.done():
                    waiter.future.set_result(True)

    def _deliver(self) -> None:
        """Hand each hint to the longest waiting that fits; keep it for a while if there is none."""
        with self._lock:
            hints, self._hints = self._hints, []
        if not hints:
            return
        self._hinted = True
        now = asyncio.get_running_loop().time()
        for lane_id in hints:
            for waiter in self._waiters:
                if not waiter.future.done() and waiter.fits(lane_id):
                    self._waiters.remove(waiter)
                    waiter.future.set_result(True)
                    break
            else:
                self._spare.append((now, lane_id))

    def _take_spare(self, lanes_fit: Callable[[int], bool]) -> bool:
        """Return True, and use it up, if a hint that found nobody fits."""
        oldest = asyncio.get_running_loop().time() - SPARE_S
        while self._spare and self._spare[0][0] < oldest:
            self._spare.popleft()
        for hint in self._spare:
            if lanes_fit(hint[1]):
                self._spare.remove(hint)
                return True
        return False

    def _wake_all(self, *, found: bool) -> None:
        """Let every wait return."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.future.done():
                waiter.future.set_result(found)


def _is_running(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether we are called on this very loop."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False
