"""Who waits for which order to change: one reader of the events a process, however many wait."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from core.domain.errors import HordeError, Unavailable
from core.domain.events import Event
from core.domain.ids import RequestId
from core.ports.store import ReadTransaction, UnitOfWork
from core.services.events.read import events_after

log = logging.getLogger(__name__)
TICK_S: Final = 1.0
GAP_S: Final = 0.02
PAGE: Final = 500
SWEPT_MAX: Final = 1_000
"""So many orders in work are looked at in one tick; the others in the next ones."""


class Watch:
    """One that waits for an order. busy: some of it is in work, so that more can happen to it than events say."""

    __slots__ = ("_ring", "busy", "request_id", "sign", "steps")

    def __init__(self, request_id: RequestId, *, steps: bool) -> None:
        """Hold what is waited for. steps: each step of a job counts as a change."""
        self.request_id = request_id
        self.steps = steps
        self.busy = False
        self.sign: object = None
        self._ring = asyncio.Event()

    async def changed(self) -> None:
        """Return when something has happened since the last call; now and then it was nothing after all."""
        await self._ring.wait()
        self._ring.clear()

    def wake(self) -> None:
        """Let ``changed`` return."""
        self._ring.set()


class Changes:
    """Wakes those that wait for orders, each by its order's id.

    Events of this and of other processes are read when a hint comes (``UnitOfWork.on_events``), and once a second all
    the same: hints get lost, and on SQLite none comes from another process. Once a second too, orders in work are
    looked at for what has no event: a job's steps, and one that was given back.
    """

    def __init__(self, uow: UnitOfWork, *, tick_s: float = TICK_S, watches_max: int = 10_000) -> None:
        """Begin with nobody waiting. watches_max: how many may wait at once."""
        self._uow = uow
        self._tick_s = tick_s
        self._watches_max = watches_max
        self._watched: dict[RequestId, set[Watch]] = {}
        self._count = 0
        self._cursor: int | None = None
        self._ring = asyncio.Event()
        self._rung = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return self._count

    @property
    def is_full(self) -> bool:
        """True where nobody else may wait."""
        return self._count >= self._watches_max

    def hint(self) -> None:
        """Have the events read soon. Safe from any thread."""
        loop = self._loop
        if self._count and not self._rung and loop is not None and not loop.is_closed():
            self._rung = True
            try:
                loop.call_soon_threadsafe(self._ring.set)
            except RuntimeError:  # the loop was closed meanwhile, so nobody waits
                log.debug("changes.loop_closed")

    @asynccontextmanager
    async def watching(self, request_id: RequestId, *, steps: bool = False) -> AsyncIterator[Watch]:
        """Watch the order while the block runs; what happens after its beginning is not missed.

        Raises:
            Unavailable: too many wait already.
        """
        if self.is_full:
            raise Unavailable(f"{self._watches_max} already wait here for orders to change. Ask again without waiting.")
        self._count += 1
        watch = Watch(request_id, steps=steps)
        try:
            if self._cursor is None:
                last = await self._uow.read(lambda tx: tx.events.last_seq())
                if self._cursor is None:
                    self._cursor = last
            self._watched.setdefault(request_id, set()).add(watch)
            self._ring.set()
            yield watch
        finally:
            self._count -= 1
            those = self._watched.get(request_id, set())
            those.discard(watch)
            if not those:
                self._watched.pop(request_id, None)
            if not self._watched:
                self._cursor = None

    async def begin(self) -> None:
        """Read events from now on; a second call does nothing."""
        self._loop = asyncio.get_running_loop()
        if self._running is None:
            # The one task that is the API's own: it never ends by itself, and ``end`` waits for its end.
            self._running = self._loop.create_task(self._run(), name="api-changes")

    async def end(self) -> None:
        """Read no more; a second call does nothing."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            await asyncio.wait([running])

    async def _run(self) -> None:
        """Look at each hint and each tick, while anybody waits; an outage is logged once when it begins and ends."""
        lost = False
        now = asyncio.get_running_loop().time
        sweep_at = 0.0
        while True:
            await self._rest()
            if not self._watched:
                continue
            sweeps = now() >= sweep_at
            if sweeps:
                sweep_at = now() + self._tick_s
            try:
                await self._look(sweeps=sweeps)
            except HordeError as exc:
                if not lost:
                    log.warning("changes.database_lost error=%s", exc)
                lost = True
                await asyncio.sleep(self._tick_s)
                continue
            if lost:
                log.info("changes.database_back")
                lost = False
            await asyncio.sleep(GAP_S)

    async def _rest(self) -> None:
        """Return at the next hint, or after a tick if anybody waits."""
        try:
            async with asyncio.timeout(self._tick_s if self._watched else None):
                await self._ring.wait()
        except TimeoutError:
            pass
        self._ring.clear()
        self._rung = False

    async def _look(self, *, sweeps: bool) -> None:
        """Wake those whose orders have news."""
        watches = self._to_sweep() if sweeps else []
        while self._cursor is not None:
            cursor, swept = self._cursor, watches
            events, signs = await self._uow.read(
                lambda tx, cursor=cursor, swept=swept: _news(tx, cursor, swept)  # type: ignore[misc] # bound now
            )
            for watch, sign in zip(swept, signs, strict=True):
                if watch.sign != sign:  # also the first time: it may have changed before
                    watch.wake()
                watch.sign = sign
            for request_id in {event.request_id for event in events}:
                for watch in self._watched.get(request_id, ()):
                    watch.wake()
            if events and self._cursor is not None:
                self._cursor = max(self._cursor, events[-1].seq)
            if len(events) < PAGE:
                return
            watches = []

    def _to_sweep(self) -> list[Watch]:
        """Return those whose orders are in work, and let the others be first the next time."""
        found = [watch for those in self._watched.values() for watch in those if watch.busy]
        for watch in found[:SWEPT_MAX]:
            those = self._watched.pop(watch.request_id, None)
            if those is not None:
                self._watched[watch.request_id] = those
        return found[:SWEPT_MAX]


def _news(tx: ReadTransaction, cursor: int, watches: Sequence[Watch]) -> tuple[Sequence[Event], list[object]]:
    """Return the events after the cursor, and a sign of each watched order that differs when it has changed."""
    return events_after(tx, cursor=cursor, limit=PAGE), [_sign(tx, watch) for watch in watches]


def _sign(tx: ReadTransaction, watch: Watch) -> object:
    return tuple((job.state, job.tries, job.step * watch.steps) for job in tx.jobs.of_request(watch.request_id))
