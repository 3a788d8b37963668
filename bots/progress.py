"""Live progress: who waits on a platform that can tell it without a post of its own reads how far the horde is."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from bots.horde.port import Horde
from bots.platform import Platform
from bots.replies import waiting_text, withdrawn
from bots.store.commissions import Waiter, cancelled_among, waiting
from core.domain.errors import NotFound
from core.domain.ids import RequestId
from core.ports.clock import Clock
from core.ports.store import ReadTransaction, Transaction, UnitOfWork

LOOKED_AT_MAX: Final = 500
TOLD_AT_ONCE: Final = 10
CALL_S: Final = 10.0


class Progress:
    """Tells the waiting of one platform: each at most once in its `progress_every_s`, and only what is new to them.

    What was told is remembered for as long as the process lives: who reads a line a second time is none the worse.
    """

    def __init__(self, *, uow: UnitOfWork, clock: Clock, horde: Horde, platform: Platform) -> None:
        """Hold the ports."""
        self._uow = uow
        self._clock = clock
        self._horde = horde
        self._platform = platform
        self._told: dict[str, tuple[int, str, str]] = {}

    async def tell_waiting(self) -> int:
        """Some of those whose turn it is are told, the longest untold first; returns how many."""
        every_s = self._platform.capabilities.progress_every_s
        if every_s is None:
            return 0
        now_ms, every_ms = self._clock.now_ms(), round(every_s * 1_000)
        name = self._platform.name
        found = await self._uow.read(
            partial(waiting, platform=name, asked_before_ms=now_ms - every_ms, limit=LOOKED_AT_MAX)
        )
        await self._part_from(found)
        due = sorted(
            (one for one in found if now_ms - self._at_ms(one) >= every_ms),
            key=self._at_ms,
        )[:TOLD_AT_ONCE]
        if not due:
            return 0
        texts = await self._uow.read(partial(self._texts, waiters=due, now_ms=now_ms))
        await asyncio.gather(*(self._tell(one, texts.get(one.commission_id, ""), now_ms) for one in due))
        return len(due)

    def _at_ms(self, waiter: Waiter) -> int:
        return self._told.get(waiter.commission_id, (0, "", ""))[0]

    def _texts(self, tx: ReadTransaction | Transaction, *, waiters: Sequence[Waiter], now_ms: int) -> Mapping[str, str]:
        texts: dict[str, str] = {}
        for one in waiters:
            try:
                status = self._horde.status(tx, request_id=RequestId(one.request_id), now_ms=now_ms)
            except NotFound:
                continue
            if not status.done:
                texts[one.commission_id] = waiting_text(status)
        return texts

    async def _tell(self, waiter: Waiter, text: str, now_ms: int) -> None:
        before = self._told.get(waiter.commission_id, (0, "", ""))[1]
        self._told[waiter.commission_id] = (now_ms, text or before, waiter.remote_id)
        if text and text != before:
            await self._call(waiter.remote_id, text)

    async def _part_from(self, found: Sequence[Waiter]) -> None:
        """Who waits no more is forgotten; who gave up reads so in the same place, as no answer will come there."""
        gone = self._told.keys() - {one.commission_id for one in found}
        if not gone or len(found) == LOOKED_AT_MAX:
            return
        withdrew = await self._uow.read(partial(cancelled_among, commission_ids=gone))
        for commission_id in gone:
            _, text, remote_id = self._told.pop(commission_id)
            if commission_id in withdrew and text:
                await self._call(remote_id, withdrawn())

    async def _call(self, remote_id: str, text: str) -> None:
        try:
            async with asyncio.timeout(CALL_S):
                await self._platform.progress(remote_id, text)
        except TimeoutError:
            return  # the next line may come through
