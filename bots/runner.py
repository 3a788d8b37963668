"""The runner: keeps the inbox, the desk and the outbox of every platform going, each under a supervisor."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bots.asked import Room, Turn
from bots.desk.desk import Desk
from bots.hints import Hint
from bots.horde.port import Horde
from bots.inbox import Inbox
from bots.manners import Gate
from bots.outbox import Outbox, Patience
from bots.platform import Platform, PlatformDown, PlatformMisconfigured
from bots.showcase import Showcase
from bots.styles import StyleShelf
from core.ports.clock import Clock
from core.ports.store import UnitOfWork

STOP_S: Final = 3.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Times of the runner in seconds.

    tick_s: everything is looked at this often without any hint. watch_s: so often the desk looks at what the horde did
    while a commission waits for it, as the horde may be another process, which gives no hints. steady_s: so long an
    adapter must run until an outage counts as over.
    """

    tick_s: float = 1.0
    watch_s: float = 0.05
    restart_first_s: float = 1.0
    restart_most_s: float = 60.0
    steady_s: float = 5.0


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
    ) -> None:
        """Hold the ports; places: platform of a summons to the platform where its pictures are shown to all.

        rooms: what answers, reacts and has its turns besides the desk. gate: who is answered; without one everybody.
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
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._events_hint: Hint | None = None
        self._ended = asyncio.Event()
        self._ended.set()

    def hint_events(self) -> None:
        """The desk looks at once for what the horde did. Safe from any thread, and when nothing runs."""
        if self._events_hint is not None:
            self._events_hint.give()

    async def run(self) -> None:
        """Runs until `stop`, or until cancelled; a fault of one adapter never ends it."""
        if not self._ended.is_set():
            return
        self._ended.clear()
        try:
            async with asyncio.TaskGroup() as group:
                self._start(group)
        finally:
            self._tasks.clear()
            self._events_hint = None
            await asyncio.gather(*(platform.close() for platform in self._platforms.values()), return_exceptions=True)
            self._ended.set()

    async def stop(self) -> None:
        """Nothing runs any more, after three seconds at most; what was being sent is looked for at the next start."""
        for task in list(self._tasks):
            task.cancel()
        try:
            async with asyncio.timeout(STOP_S):
                await self._ended.wait()
        except TimeoutError:
            left = sorted({name for task, name in self._tasks.items() if not task.done()})
            _log.warning("bots.left_behind parts=%s", ",".join(left))

    def _start(self, group: asyncio.TaskGroup) -> None:
        new, events = Hint(), Hint()
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
            reactions={kind: reaction for room in self._rooms for kind, reaction in room.reactions.items()},
            answers={word: answer for room in self._rooms for word, answer in room.answers.items()},
            gate=self._gate,
            on_outbox=due,
            on_accepted=events.give,
        )
        inbox = Inbox(uow=self._uow, clock=self._clock, on_new=new.give)
        outbox = Outbox(
            uow=self._uow,
            clock=self._clock,
            delete_picture=self._horde.delete_picture,
            on_settled=due,
            patience=self._patience,
        )

        def own(name: str, work: Callable[[], Awaitable[None]]) -> None:
            self._tasks[group.create_task(self._supervise(name, work), name=name)] = name

        own("desk.accept", lambda: self._turn(desk.accept_waiting, new, lambda: self._rhythm.tick_s))
        own("desk.react", lambda: self._turn(desk.react_waiting, events, lambda: self._until_look(desk)))
        for name, turn in ((name, turn) for room in self._rooms for name, turn in room.turns.items()):
            own(name, lambda turn=turn: self._turn(then(turn), Hint(), lambda: self._rhythm.tick_s))  # type: ignore[misc]  # bound now
        for name, platform in self._platforms.items():
            own(f"{name}.inbox", lambda platform=platform: inbox.read(platform))  # type: ignore[misc]  # bound now
            own(
                f"{name}.outbox",
                lambda platform=platform, hint=outgoing[name]: self._deliver(outbox, platform, hint),  # type: ignore[misc]  # bound now
            )
            _log.info("bot.started platform=%s handle=%s", name, platform.handle)

    def _until_look(self, desk: Desk) -> float:
        return self._rhythm.watch_s if desk.awaits_horde else self._rhythm.tick_s

    async def _turn(self, step: Callable[[], Awaitable[int]], hint: Hint, rest_s: Callable[[], float]) -> None:
        """Does the step as long as it finds something, then waits for a hint or for so long."""
        while True:
            while await step():
                pass
            await hint.wait(rest_s())

    async def _deliver(self, outbox: Outbox, platform: Platform, hint: Hint) -> None:
        await outbox.recover(platform)
        while True:
            while await outbox.deliver_due(platform):
                pass
            await hint.wait(await outbox.next_due_s(platform, most_s=self._rhythm.tick_s))

    async def _supervise(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Runs the work for ever: an outage is logged once when it starts and once when it ends."""
        failures = 0
        loop = asyncio.get_running_loop()

        def steady() -> None:
            nonlocal failures
            if failures:
                _log.info("bots.up part=%s", name)
            failures = 0

        while True:
            settled = loop.call_later(self._rhythm.steady_s, steady)
            try:
                await work()
                cause: BaseException = PlatformDown("it ended by itself")
            except Exception as error:  # noqa: BLE001 - the loop runner: whatever fails, the others go on
                cause = _cause(error)
            finally:
                settled.cancel()
            if isinstance(cause, PlatformMisconfigured):
                _log.error("bots.misconfigured part=%s reason=%s", name, cause)
                self._halt(name)
                return
            failures += 1
            if failures == 1:
                trace = None if isinstance(cause, PlatformDown) else cause
                _log.warning("bots.down part=%s reason=%r", name, str(cause) or type(cause).__name__, exc_info=trace)
            pause_s = self._rhythm.restart_first_s * 2.0 ** min(failures - 1, 10)
            await asyncio.sleep(min(pause_s, self._rhythm.restart_most_s))

    def _halt(self, name: str) -> None:
        """The other part of a misconfigured adapter ends too; everything else goes on."""
        platform = name.partition(".")[0]
        for task, part in self._tasks.items():
            if part.partition(".")[0] == platform and part != name:
                task.cancel()


def _cause(error: BaseException) -> BaseException:
    """Returns the first plain error in a group of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
