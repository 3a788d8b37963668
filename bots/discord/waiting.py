"""What someone sees while the horde works: one message that is edited, gone or rewritten with the result."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from bots.discord.client import NobodyKnows, NotTaken, SaidNo
from bots.discord.parse import TOKEN_LIVES_MS, Place
from bots.discord.render import Draft
from bots.discord.rest import Rest
from bots.platform import PlatformDown, PlatformMisconfigured
from core.ports.clock import Clock

SIGN: Final = "⏳ "
CALL_S: Final = 5.0
QUIET_S: Final = 30.0
REMEMBERED_MAX: Final = 10_000
SKEW_MS: Final = 60_000
_T = TypeVar("_T")


class Waiting:
    """The lines of all who wait. What it remembers saves calls; nothing is wrong without it."""

    def __init__(self, *, rest: Rest, clock: Clock) -> None:
        """Nothing is said yet."""
        self._rest = rest
        self._clock = clock
        self._began_ms = clock.now_ms()
        self._quiet_until_ms = 0
        self._told: OrderedDict[int, Place] = OrderedDict()
        self._over: OrderedDict[int, None] = OrderedDict()
        self._doubted: OrderedDict[int, None] = OrderedDict()
        self._busy: dict[int, asyncio.Lock] = {}

    async def tell(self, asked: Place, text: str) -> None:
        """The author of that summons reads this line, unless they are being answered or Discord wants a rest."""
        busy = self._busy.setdefault(asked.id, asyncio.Lock())
        if self._clock.now_ms() < self._quiet_until_ms or asked.id in self._over or busy.locked():
            return
        try:
            async with busy, asyncio.timeout(CALL_S):
                await self._tell(asked, Draft(text=f"{SIGN}{text}", nonce=f"w{asked.id}"))
        except NotTaken as error:
            self._quiet_until_ms = self._clock.now_ms() + round(max(error.wait_s or 0, QUIET_S) * 1_000)
        except (NobodyKnows, TimeoutError):
            _remember(self._doubted, asked.id, None)  # the line may be there: the next one looks
        except (SaidNo, PlatformDown, PlatformMisconfigured):
            return  # the next line may come through
        finally:
            self._forget_idle(asked.id)

    @asynccontextmanager
    async def answering(self, asked: Place | None) -> AsyncIterator[None]:
        """No line is said while the block runs, nor afterwards."""
        if asked is None:
            yield
            return
        _remember(self._over, asked.id, None)
        try:
            async with self._busy.setdefault(asked.id, asyncio.Lock()):
                yield
        finally:
            self._forget_idle(asked.id)

    async def end(self, asked: Place | None) -> None:
        """The line under a message is gone: its author reads the answer. Nothing depends on it."""
        if asked is None or asked.token:
            return
        try:
            async with asyncio.timeout(CALL_S):
                line = self._told.pop(asked.id, None) or await self._unremembered(asked)
                if line is not None:
                    await self._rest.remove(line)
        except (SaidNo, NotTaken, NobodyKnows, TimeoutError, PlatformDown):
            return

    async def _tell(self, asked: Place, draft: Draft) -> None:
        if asked.token:
            if self._clock.now_ms() - asked.at_ms < TOKEN_LIVES_MS:
                await self._rest.answer(asked, draft)
        elif asked.id in self._told:
            await self._rest.change(self._told[asked.id], draft)
        else:
            line = await self._unremembered(asked)
            if line is not None:
                await self._rest.change(line, draft)
            else:
                line = (await self._rest.send(asked.channel_id, draft, answers=asked.id)).place
            _remember(self._told, asked.id, line)

    async def _unremembered(self, asked: Place) -> Place | None:
        """Returns the line under that summons that an earlier life, or a call whose end was lost, has left there."""
        if asked.at_ms > self._began_ms + SKEW_MS and asked.id not in self._doubted:
            return None
        me = await self._rest.me()
        for said in await self._rest.after(asked.channel_id, asked.id):
            if said.author_id == me.id and said.answers == asked.id and said.text.startswith(SIGN):
                return said.place
        return None

    def _forget_idle(self, number: int) -> None:
        busy = self._busy.get(number)
        if busy is not None and not busy.locked():
            self._busy.pop(number, None)


def _remember(kept: OrderedDict[int, _T], key: int, value: _T) -> None:
    kept[key] = value
    if len(kept) > REMEMBERED_MAX:
        kept.popitem(last=False)
