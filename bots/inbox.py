"""The inbox: what happens on a platform is stored with the place where reading goes on, and only then acknowledged."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from bots.platform import Platform, PlatformDown, PlatformEvent
from bots.store.inbox import cursor_of, store_events
from core.ports.clock import Clock
from core.ports.points import Step
from core.ports.store import Transaction, UnitOfWork

BATCH: Final = 100
WAITING_MAX: Final = 1_000


class Inbox:
    """Reads platforms into the database; an event that was seen before is stored once all the same."""

    def __init__(self, *, uow: UnitOfWork, clock: Clock, on_new: Callable[[], None]) -> None:
        """Hold the ports; on_new is called from any thread after a COMMIT that stored something new."""
        self._uow = uow
        self._clock = clock
        self._on_new = on_new

    async def read(self, platform: Platform, *, on_stored: Callable[[], None] = lambda: None) -> None:
        """Stores what happens on the platform until that fails; raises what the platform raised."""
        cursor = await self._uow.read(partial(cursor_of, platform=platform.name))
        waiting: asyncio.Queue[PlatformEvent] = asyncio.Queue(WAITING_MAX)
        async with asyncio.TaskGroup() as group:
            stored: asyncio.Queue[PlatformEvent] = asyncio.Queue(WAITING_MAX)
            group.create_task(self._store_all(waiting, stored))
            group.create_task(self._acknowledge_all(platform, stored, on_stored))
            async for event in platform.events(cursor):
                await waiting.put(event)
            message = f"{platform.name} says nothing more: its stream has ended."
            raise PlatformDown(message)

    async def _store_all(self, waiting: asyncio.Queue[PlatformEvent], stored: asyncio.Queue[PlatformEvent]) -> None:
        while True:
            events = await _batch(waiting)
            await self._uow.write(partial(self._store, events=events), step=Step.INBOX)
            for event in events:
                await stored.put(event)

    async def _acknowledge_all(
        self, platform: Platform, stored: asyncio.Queue[PlatformEvent], on_stored: Callable[[], None]
    ) -> None:
        """What is stored is acknowledged beside the storing: a call to the platform holds up nobody's summons."""
        while True:
            await platform.acknowledge(await _batch(stored))
            on_stored()

    def _store(self, tx: Transaction, *, events: list[PlatformEvent]) -> None:
        if store_events(tx, events=events, now_ms=self._clock.now_ms()):
            tx.after_commit(self._on_new)


async def _batch(queue: asyncio.Queue[PlatformEvent]) -> list[PlatformEvent]:
    """Returns what is in the queue, at least one and at most a hundred events."""
    events = [await queue.get()]
    while len(events) < BATCH and not queue.empty():
        events.append(queue.get_nowait())
    return events
