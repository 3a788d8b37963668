"""Whose turn it is to write: brief use cases run on their event loop, all others and each COMMIT on one thread."""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, Literal

from core.services.statistics.meters import Spread
from core.store.sqlite.group import Group, Write, give_out, set_results
from core.store.sqlite.wire import Wire

GROUP_MAX: Final = 64
_WAIT_MS: Final = 5_000
_END_S: Final = 30.0


class Writer:
    """Takes all that waits, up to ``GROUP_MAX``, into one transaction after the other.

    A group of brief use cases of one event loop is run there, in one go: a thread beside it would fight the loop for
    the interpreter at each statement. The thread COMMITs it, which is waiting for the disk. A group in which one is
    not brief, or that another process keeps from writing at once, is the thread's from its beginning.
    """

    def __init__(
        self,
        wire: Wire,
        group_of: Callable[[list[Write]], Group],
        *,
        groups: Spread,
        hint: Callable[[Group], None],
    ) -> None:
        """Begin the thread. groups: is told how large each is. hint: runs a group's hints, in any thread."""
        self._wire = wire
        self._group_of = group_of
        self._groups = groups
        self._hint = hint
        self._waiting: deque[Write] = deque()
        self._turn = threading.Lock()  # who holds it uses the connection; taken by a loop, it is let go by the thread
        self._tasks: queue.SimpleQueue[Group | Literal[True] | None] = queue.SimpleQueue()
        self._patient: bool | None = None
        self._ends = False
        self._thread = threading.Thread(target=self._run, name="store-write", daemon=True)
        self._thread.start()

    def add(self, item: Write) -> None:
        """Have the use case be run; called on its event loop."""
        self._waiting.append(item)
        if self._turn.locked():
            return  # who holds it looks again
        if item.brief:
            item.loop.call_soon(self._take_turn, item.loop)
        else:
            self._tasks.put(True)

    def end(self) -> None:
        """Have the thread end after what was already asked for, and the connection be closed."""
        self._ends = True
        self._tasks.put(None)

    def join(self) -> None:
        """Return when the thread has ended."""
        self._thread.join(timeout=_END_S)

    def _take_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run what waits here on the loop; have the thread COMMIT it, or run it where it is not for the loop."""
        group = self._next()
        if group is None:
            return
        if all(item.brief and item.loop is loop for item in group.writes):
            self._be_patient(False)
            group.run_at_once()
        self._tasks.put(group)

    def _next(self) -> Group | None:
        """Return what waits, and the turn with it; None where there is nothing, or it is another's turn."""
        if not self._turn.acquire(blocking=False):
            return None
        group = self._taken()
        if group is None:
            self._turn.release()
            self._pass_on()
        return group

    def _taken(self) -> Group | None:
        """Return the first of what waits, out of the queue; None where there is nothing."""
        writes: list[Write] = []
        while self._waiting and len(writes) < GROUP_MAX:
            item = self._waiting.popleft()
            if not item.future.cancelled():
                writes.append(item)
        if not writes:
            return None
        self._groups.note(len(writes))
        return self._group_of(writes)

    def _pass_on(self) -> None:
        """Have somebody take the turn that was let go, if anything waits."""
        item = self._first()
        if self._ends:
            self._tasks.put(None)
        elif item is not None and not (item.brief and _called(item.loop, self._take_turn, item.loop)):
            self._tasks.put(True)

    def _first(self) -> Write | None:
        """Return what waits longest."""
        try:
            return self._waiting[0]
        except IndexError:
            return None

    def _be_patient(self, patient: bool) -> None:
        """On the thread a transaction may wait for other processes; on a loop it begins at once or not at all."""
        if self._patient is not patient:
            self._patient = patient
            self._wire.wait_for_others(wait_ms=_WAIT_MS if patient else 0)

    def _after(self, group: Group, *, committed: bool) -> None:
        """On the loop that ran the group: run its hints, give its results out, then let those who go on begin anew."""
        if committed:
            self._hint(group)
        set_results(group.writes)
        if self._waiting:
            group.writes[0].loop.call_soon(self._take_turn, group.writes[0].loop)

    # Below here: the thread.

    def _run(self) -> None:
        """Do what is to be done, until the end."""
        while not (self._ends and self._turn.acquire(blocking=False)):
            task = self._tasks.get()
            group = self._next() if task is True else task
            if group and not self._ended_for_loop(group):
                self._turn.release()
                self._pass_on()
        while (rest := self._taken()) is not None:
            self._end(rest)
        self._wire.connection.close()

    def _ended_for_loop(self, group: Group) -> bool:
        """End the group; return True where the loop that ran it goes on with everything else, woken only once."""
        loop, first = group.writes[0].loop, self._first()
        if not group.is_run or (first is not None and first.loop is not loop):
            self._end(group)
            return False
        committed = group.end()
        self._turn.release()
        if not _called(loop, partial(self._after, group, committed=committed)):
            if committed:
                self._hint(group)
            self._pass_on()
        return True

    def _end(self, group: Group) -> None:
        """Run the group where that was not done, COMMIT it, and give its results out."""
        if not group.is_run:
            self._be_patient(True)
            group.run()
        if group.end():
            self._hint(group)
        give_out(group.writes)


def _called(loop: asyncio.AbstractEventLoop, call: Callable[..., object], *given: object) -> bool:
    """Have the loop call soon; return False where it is closed, so that nobody waits there."""
    try:
        loop.call_soon_threadsafe(call, *given)
    except RuntimeError:
        return False
    return True
