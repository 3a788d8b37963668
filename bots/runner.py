"""The runner: keeps the inbox, the desk and the outbox of every platform going, each under a supervisor."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final

from bots.asked import Room, Turn
from bots.desk.desk import Desk
from bots.hints import Hint
from bots.horde.port import Horde
from bots.inbox import Inbox
from bots.leases import Lease
from bots.manners import Gate
from bots.outbox import Outbox, Patience
from bots.platform import CountsReads, Platform
from bots.progress import Progress
from bots.showcase import Showcase
from bots.styles import StyleShelf
from bots.supervisor import Rhythm, Success, Supervisor
from core.ports.clock import Clock
from core.ports.store import UnitOfWork

STOP_S: Final = 3.0

_log = logging.getLogger(__name__)


class Runner:
    """Runs the bots. Make it, give it to a task that awaits `run`, and `stop` it; both may be called again."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        clock: Clock,
        horde: Horde,
        shelf: StyleShelf,
        platforms: Sequence[Platform],
        places: Mapping[str, str],
        rooms: Sequence[Room] = (),
        gate: Gate | None = None,
        rhythm: Rhythm | None = None,
        patience: Patience | None = None,
        text_model: str = "",
    ) -> None:
        """Hold the ports; places: platform of a summons to the platform where its pictures are shown to all.

        rooms: what answers, reacts and has its turns besides the desk. gate: who is answered; without one everybody.
        text_model: of texts whose author names none; empty for whichever is there.
        """
        self._uow = uow
        self._clock = clock
        self._horde = horde
        self._shelf = shelf
        self._platforms = {platform.name: platform for platform in platforms}
        self._places = places
        self._rooms = rooms
        self._gate = gate or Gate()
        self._rhythm = rhythm or Rhythm()
        self._patience = patience
        self._text_model = text_model
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._leases: list[Lease] = []
        self._events_hint: Hint | None = None
        self._ended = asyncio.Event()
        self._ended.set()
        self._is_over = False

    def hint_events(self) -> None:
        """The desk looks at once for what the horde did. Safe from any thread, and when nothing runs."""
        if self._events_hint is not None:
            self._events_hint.give()

    async def run(self) -> None:
        """Runs until `stop`, or until cancelled; a fault of one adapter never ends it."""
        if not self._ended.is_set():
            return
        self._ended.clear()
        self._is_over = False
        try:
            async with asyncio.TaskGroup() as group:
                self._start(group)
        finally:
            self._tasks.clear()
            self._events_hint = None
            await asyncio.gather(
                *(platform.close() for platform in self._platforms.values()),
                *(lease.give_back() for lease in self._leases),
                return_exceptions=True,
            )
            self._ended.set()

    async def stop(self) -> None:
        """Nothing runs any more, after three seconds at most; what was being sent is looked for at the next start."""
        self._is_over = True
        for task in list(self._tasks):
            task.cancel()
        try:
            async with asyncio.timeout(STOP_S):
                await self._ended.wait()
        except TimeoutError:
            left = sorted({name for task, name in self._tasks.items() if not task.done()})
            _log.warning("bots.left_behind parts=%s", ",".join(left))

    def _start(self, group: asyncio.TaskGroup) -> None:
        new, aside, events = Hint(), Hint(), Hint()
        outgoing = {name: Hint() for name in self._platforms}
        self._events_hint = events

        def due() -> None:
            for hint in outgoing.values():
                hint.give()

        def then(turn: Turn) -> Turn:
            async def turn_and_hint() -> int:
                done = await turn()
                if done:
                    due()
                return done

            return turn_and_hint

        desk = Desk(
            uow=self._uow,
            horde=self._horde,
            shelf=self._shelf,
            clock=self._clock,
            platforms=self._platforms,
            showcase=Showcase(platforms=self._platforms, places=self._places),
            rooms=self._rooms,
            gate=self._gate,
            on_outbox=due,
            on_accepted=events.give,
            on_aside=aside.give,
            text_model=self._text_model,
        )
        inbox = Inbox(uow=self._uow, clock=self._clock, on_new=new.give)
        self._leases = [
            Lease(name, uow=self._uow, clock=self._clock, lasts_s=self._rhythm.lease_s) for name in self._platforms
        ]

        def own(name: str, work: Callable[[Success], Awaitable[None]], also: Callable[[], int] = lambda: 0) -> None:
            success = Success(also)
            part = Supervisor(
                name,
                rhythm=self._rhythm,
                success=success,
                on_misconfigured=self._halt,
                is_over=lambda: self._is_over,
            )
            self._tasks[group.create_task(part.run(partial(work, success)), name=name)] = name

        own("desk.accept", partial(self._turn, desk.accept_waiting, new, lambda: self._rhythm.tick_s))
        own("desk.look", partial(self._turn, desk.look_waiting, aside, lambda: self._rhythm.tick_s))
        own("desk.react", partial(self._turn, desk.react_waiting, events, lambda: self._until_look(desk)))
        for name, turn in ((name, turn) for room in self._rooms for name, turn in room.turns.items()):
            own(name, partial(self._turn, then(turn), Hint(), lambda: self._rhythm.tick_s))
        for lease, (name, platform) in zip(self._leases, self._platforms.items(), strict=True):
            outbox = Outbox(
                uow=self._uow,
                clock=self._clock,
                delete_picture=self._horde.delete_picture,
                on_settled=due,
                patience=self._patience,
                lease=lease,
            )
            own(f"{name}.lease", lease.keep)
            own(f"{name}.inbox", partial(self._read, lease, inbox, platform), partial(_reads, platform))
            own(f"{name}.outbox", partial(self._deliver, lease, outbox, platform, outgoing[name]))
            progress = Progress(uow=self._uow, clock=self._clock, horde=self._horde, platform=platform)
            if platform.capabilities.progress_every_s is not None:
                own(f"{name}.progress", partial(self._tell, lease, progress))
            _log.info("bot.started platform=%s handle=%s", name, platform.handle)

    def _until_look(self, desk: Desk) -> float:
        return self._rhythm.watch_s if desk.awaits_horde else self._rhythm.tick_s

    async def _turn(
        self, step: Callable[[], Awaitable[int]], hint: Hint, rest_s: Callable[[], float], success: Success
    ) -> None:
        """Does the step as long as it finds something, then waits for a hint or for so long."""
        while True:
            while await step():
                pass
            success.add()
            await hint.wait(rest_s())

    async def _read(self, lease: Lease, inbox: Inbox, platform: Platform, success: Success) -> None:
        await lease.hold(lambda: inbox.read(platform, on_stored=success.add))

    async def _deliver(self, lease: Lease, outbox: Outbox, platform: Platform, hint: Hint, success: Success) -> None:
        async def deliver() -> None:
            await outbox.recover(platform)
            while True:
                while await outbox.deliver_due(platform):
                    pass
                if outbox.is_well(platform):
                    success.add()
                await hint.wait(await outbox.next_due_s(platform, most_s=self._rhythm.tick_s))

        await lease.hold(deliver)

    async def _tell(self, lease: Lease, progress: Progress, success: Success) -> None:
        async def tell() -> None:
            while True:
                await progress.tell_waiting()
                success.add()
                await asyncio.sleep(self._rhythm.tick_s)

        await lease.hold(tell)

    def _halt(self, name: str) -> None:
        """The other part of a misconfigured adapter ends too; everything else goes on."""
        platform = name.partition(".")[0]
        for task, part in self._tasks.items():
            if part.partition(".")[0] == platform and part != name:
                task.cancel()


def _reads(platform: Platform) -> int:
    return platform.reads if isinstance(platform, CountsReads) else 0
