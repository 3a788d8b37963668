"""The desk: what comes in becomes a request or a reply; what the horde made becomes posts. One transaction each."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from bots.asked import Room
from bots.desk.answering import Answering
from bots.desk.commands import own_answers
from bots.desk.dealing import Dealing
from bots.desk.ending import BATCH, Ending, Shows
from bots.desk.reading import Reader, Reading
from bots.horde.port import Horde
from bots.manners import Gate
from bots.platform import Platform
from bots.store.commissions import any_accepted
from bots.store.inbox import new_rows
from bots.styles import StyleShelf
from core.domain.errors import HordeError, Unavailable
from core.ports.clock import Clock
from core.ports.points import Step
from core.ports.store import UnitOfWork


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
    ) -> None:
        """Hold the ports; rooms: what stands beside; gate: who is answered. What is on_… is called after the COMMIT."""
        self._uow = uow
        self._horde = horde
        self._platforms = platforms
        answering = Answering(platforms=platforms, on_outbox=on_outbox)
        self._reader = Reader(
            uow=uow,
            horde=horde,
            shelf=shelf,
            platforms=platforms,
            wishes=[wish for room in rooms for wish in room.wishes],
        )
        self._dealing = Dealing(
            horde=horde,
            shelf=shelf,
            clock=clock,
            platforms=platforms,
            reactions={kind: reaction for room in rooms for kind, reaction in room.reactions.items()},
            answers={
                **own_answers(horde),
                **{word: answer for room in rooms for word, answer in room.answers.items()},
            },
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

        What one person did is dealt with in its order, as a vote that is taken back must be; people side by side.
        """
        rows = await self._uow.read(partial(new_rows, platforms=tuple(self._platforms), limit=BATCH))
        readings = [await self._reader.read(row) for row in rows]
        by_person: dict[tuple[str, str], list[Reading]] = defaultdict(list)
        for reading in readings:
            by_person[reading.row.event.platform, reading.row.event.author.external_id].append(reading)
        for ends in await asyncio.gather(*map(self._accept_in_order, by_person.values())):
            for end in filter(None, ends):
                raise end
        return len(rows)

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
