"""The desk: what comes in becomes a request or a reply; what the horde made becomes posts. One transaction each."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bots.asked import Room
from bots.desk.answering import Answering
from bots.desk.commands import own_answers
from bots.desk.compose import room_for_words
from bots.desk.dealing import Dealing
from bots.desk.ending import BATCH, Ending, Shows
from bots.desk.reading import Reader, Reading, Served
from bots.grammar import Parsed
from bots.horde.port import Horde
from bots.manners import Gate
from bots.platform import Platform, PlatformDown, PlatformMisconfigured
from bots.replies import out_of_reach
from bots.store.commissions import any_accepted
from bots.store.inbox import new_rows
from bots.store.rows import InboxRow
from bots.styles import StyleShelf
from core.domain.errors import HordeError, Unavailable
from core.ports.clock import Clock
from core.ports.points import Step
from core.ports.store import ReadTransaction, UnitOfWork

ASIDE_MAX: Final = 1_000
LOOKS_AT_ONCE: Final = 16
LOOK_S: Final = 20.0
LOOK_AGAIN_MS: Final = 10_000
LOOKED_FOR_MS: Final = 180_000
"""So long a platform or a picture that cannot be got at is tried again."""

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Aside:
    """An event that has to wait for something outside of our rows; it is still new there."""

    row: InboxRow
    parsed: Parsed
    not_before_ms: int = 0


class Desk:
    """Deals with stored events and with what the horde says about requests. Everything it needs to know is in rows."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        horde: Horde,
        shelf: StyleShelf,
        clock: Clock,
        platforms: Mapping[str, Platform],
        showcase: Shows,
        rooms: Sequence[Room],
        gate: Gate,
        on_outbox: Callable[[], None],
        on_accepted: Callable[[], None],
        on_aside: Callable[[], None] = lambda: None,
        text_model: str = "",
    ) -> None:
        """Hold the ports; rooms: what stands beside; gate: who is answered. What is on_… is called after the COMMIT."""
        self._uow = uow
        self._horde = horde
        self._clock = clock
        self._platforms = platforms
        self._on_aside = on_aside
        self._aside: dict[str, Aside] = {}
        answering = Answering(platforms=platforms, on_outbox=on_outbox)
        self._reader = Reader(
            uow=uow,
            horde=horde,
            shelf=shelf,
            platforms=platforms,
            wishes=[wish for room in rooms for wish in room.wishes],
            text_model=text_model,
        )
        self._dealing = Dealing(
            horde=horde,
            shelf=shelf,
            clock=clock,
            platforms=platforms,
            reactions={kind: reaction for room in rooms for kind, reaction in room.reactions.items()},
            answers={
                **own_answers(horde, lambda name: room_for_words(platforms[name].capabilities)),
                **{word: answer for room in rooms for word, answer in room.answers.items()},
            },
            payers=[pay for room in rooms for pay in room.payers],
            gate=gate,
            answering=answering,
            on_accepted=on_accepted,
        )
        self._ending = Ending(
            horde=horde,
            clock=clock,
            platforms=platforms,
            showcase=showcase,
            answering=answering,
            finished=[finish for room in rooms for finish in room.finished],
        )
        self.awaits_horde = False
        """Whether a commission waited for the horde when `react_waiting` last looked."""

    async def accept_waiting(self) -> int:
        """The oldest stored events are dealt with, each in a transaction of its own; returns how many there were.

        What one person did is dealt with in its order, as a vote that is taken back must be; people side by side. What
        has to wait for a platform or a picture is put aside for `look_waiting`, so that nobody waits behind it.
        """
        limit = BATCH + len(self._aside)
        rows, served = await self._uow.read(
            lambda tx: (new_rows(tx, platforms=tuple(self._platforms), limit=limit), self._served(tx))
        )
        fresh = [(row, self._reader.parsed(row.event)) for row in rows if row.id not in self._aside]
        now: list[tuple[InboxRow, Parsed]] = []
        for row, parsed in fresh:
            if not self._reader.looks_outside(row.event, parsed):
                now.append((row, parsed))
            elif len(self._aside) < ASIDE_MAX:
                self._aside[row.id] = Aside(row=row, parsed=parsed)
        await self._accept_all([await self._reader.read(row, parsed, served) for row, parsed in now])
        if len(now) < len(fresh):
            self._on_aside()
        return len(fresh)

    async def look_waiting(self) -> int:
        """What was put aside is dealt with, as far as it can be got at; returns how much of it was."""
        now_ms = self._clock.now_ms()
        due = [one for one in self._aside.values() if one.not_before_ms <= now_ms][:LOOKS_AT_ONCE]
        if not due:
            return 0
        served = await self._uow.read(self._served)
        readings = [one for one in await asyncio.gather(*(self._look(one, served) for one in due)) if one is not None]
        await self._accept_all(readings)
        for reading in readings:
            self._aside.pop(reading.row.id, None)
        return len(readings)

    async def _look(self, one: Aside, served: Served) -> Reading | None:
        """Returns the event as it was read, None where it is tried again later."""
        try:
            async with asyncio.timeout(LOOK_S):
                return await self._reader.read(one.row, one.parsed, served)
        except (PlatformDown, PlatformMisconfigured, Unavailable, TimeoutError) as error:
            now_ms = self._clock.now_ms()
            if now_ms - one.row.received_at_ms >= LOOKED_FOR_MS:
                _log.warning("commission.out_of_reach id=%s cause=%s", one.row.id, type(error).__name__)
                return Reading(row=one.row, parsed=one.parsed, refusal=out_of_reach())
            one.not_before_ms = now_ms + LOOK_AGAIN_MS
            return None

    def _served(self, tx: ReadTransaction) -> Served:
        return self._horde.served(tx, now_ms=self._clock.now_ms())

    async def _accept_all(self, readings: Sequence[Reading]) -> None:
        by_person: dict[tuple[str, str], list[Reading]] = defaultdict(list)
        for reading in readings:
            by_person[reading.row.event.platform, reading.row.event.author.external_id].append(reading)
        for ends in await asyncio.gather(*map(self._accept_in_order, by_person.values())):
            for end in filter(None, ends):
                raise end

    async def react_waiting(self) -> int:
        """What the horde did since the desk's cursor is in the outbox; returns how many events that were."""
        found, self.awaits_horde = await self._uow.read(
            lambda tx: (bool(self._horde.events(tx, limit=1)), any_accepted(tx))
        )
        if not found:
            return 0
        return await self._uow.write(self._ending.react, step=Step.DESK_REACT)

    async def _accept_in_order(self, readings: list[Reading]) -> list[BaseException | None]:
        # What each came to: one event that cannot be dealt with must not hold up the others.
        return [(await asyncio.gather(self._accept(one), return_exceptions=True))[0] for one in readings]

    async def _accept(self, reading: Reading) -> None:
        try:
            await self._uow.write(partial(self._dealing.deal, reading=reading), step=Step.DESK_ACCEPT)
        except Unavailable:
            raise
        except HordeError as error:
            # All of it is undone, the event is still new; what is left to do is to say so.
            await self._uow.write(partial(self._dealing.deal, reading=reading, error=error), step=Step.DESK_ACCEPT)
