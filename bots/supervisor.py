"""The supervisor of one part of the bots: whatever fails, it begins again, and an outage is told once at each end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bots.platform import PlatformDown, PlatformMisconfigured

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Times of the runner in seconds.

    tick_s: everything is looked at this often without any hint. watch_s: so often the desk looks at what the horde did
    while a commission waits for it, as the horde may be another process, which gives no hints. steady_s: so long a
    part must run, and have had success, until an outage counts as over. lease_s: so long a process that does not renew
    it keeps a platform.
    """

    tick_s: float = 1.0
    watch_s: float = 0.05
    restart_first_s: float = 1.0
    restart_most_s: float = 60.0
    steady_s: float = 5.0
    lease_s: float = 15.0


class Success:
    """Counts what went well: a page that was read, an event, a post. An outage is over after one more of them."""

    def __init__(self, also: Callable[[], int] = lambda: 0) -> None:
        """Nothing went well yet. also: what is counted elsewhere."""
        self._own = 0
        self._also = also

    def add(self) -> None:
        """One more."""
        self._own += 1

    @property
    def count(self) -> int:
        """How many so far."""
        return self._own + self._also()


class Supervisor:
    """Runs one part for ever; a part that only a person can mend ends, and `on_misconfigured` is called."""

    def __init__(
        self,
        name: str,
        *,
        rhythm: Rhythm,
        success: Success,
        on_misconfigured: Callable[[str], None],
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        """Nothing runs yet. is_over: whether the part was told to end, which it may not have heard while it failed."""
        self._name = name
        self._rhythm = rhythm
        self._success = success
        self._on_misconfigured = on_misconfigured
        self._is_over = is_over
        self._failures = 0

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Runs the work, and again after each failure, with pauses that grow."""
        while True:
            cause = await self._fails(work)
            if self._is_over():
                # In Python 3.11 a task group that ends because of an error forgets a cancellation that comes meanwhile.
                raise asyncio.CancelledError
            if isinstance(cause, PlatformMisconfigured):
                _log.error("bots.misconfigured part=%s reason=%s", self._name, cause)
                self._on_misconfigured(self._name)
                return
            self._failures += 1
            if self._failures == 1:
                trace = None if isinstance(cause, PlatformDown) else cause
                reason = str(cause) or type(cause).__name__
                _log.warning("bots.down part=%s reason=%r", self._name, reason, exc_info=trace)
            pause_s = self._rhythm.restart_first_s * 2.0 ** min(self._failures - 1, 10)
            await asyncio.sleep(min(pause_s, self._rhythm.restart_most_s))

    async def _fails(self, work: Callable[[], Awaitable[None]]) -> BaseException:
        """Runs the work until it fails; returns why."""
        try:
            async with asyncio.TaskGroup() as group:
                if self._failures:
                    group.create_task(self._watch(), name=f"{self._name}.watch")
                await work()
                raise PlatformDown("it ended by itself")
        except Exception as error:  # noqa: BLE001 - the loop runner: whatever fails, the others go on
            return _cause(error)

    async def _watch(self) -> None:
        """Ends when the outage has: something went well, and nothing failed for a while.

        That nothing failed is no sign alone: a server that hangs fails only when its time-out has passed.
        """
        before = self._success.count
        await asyncio.sleep(self._rhythm.steady_s)
        while self._success.count == before:  # noqa: ASYNC110 - what is counted gives no sign
            await asyncio.sleep(self._rhythm.tick_s)
        self._failures = 0
        _log.info("bots.up part=%s", self._name)


def _cause(error: BaseException) -> BaseException:
    """Returns the first plain error in a group of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
