"""How the worker waits when something does not work: outages, refusals and failures in a row."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from worker.errors import HordeUnreachableError, WorkerError
from worker.logs import say, warn

T = TypeVar("T")
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
PAUSE_S = 60.0
LONGEST_PAUSE_S = 900.0
FAULTS_IN_A_ROW = 3


def wait_s(attempt: int, *, asked_s: float | None = None) -> float:
    """How long to wait after failed attempt number `attempt` (from 0): doubled each time, with jitter, at most 30 s."""
    if asked_s is not None:
        return min(asked_s, LONGEST_WAIT_S)
    return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**attempt) * random.uniform(0.75, 1.25))


class Outage:
    """Logs an outage once when it starts and once when it ends."""

    def __init__(self, whose: str) -> None:
        self._whose = whose
        self._began_s: float | None = None

    def began(self, error: HordeUnreachableError) -> None:
        """Something did not answer."""
        if self._began_s is None:
            self._began_s = time.monotonic()
            warn(f"{self._whose}.unreachable", at=error.url, cause=error.reason, next="trying again until it answers")

    def ended(self) -> None:
        """Something answered."""
        if self._began_s is not None:
            say(f"{self._whose}.back", after_s=round(time.monotonic() - self._began_s, 1))
            self._began_s = None


class FaultStreak:
    """Counts failed jobs in a row: from three on the worker pauses, longer each time, instead of failing more."""

    def __init__(self) -> None:
        self._faults = 0

    def failed(self, reason: str) -> None:
        """One more job failed."""
        self._faults += 1
        self._reason = reason

    def succeeded(self) -> None:
        """A job went well, so the streak is over."""
        self._faults = 0

    def pause_s(self) -> float:
        """How long to wait before the next pop, 0 where all is well."""
        if self._faults < FAULTS_IN_A_ROW:
            return 0.0
        pause_s = min(LONGEST_PAUSE_S, PAUSE_S * 2.0 ** (self._faults - FAULTS_IN_A_ROW))
        warn("worker.pausing", seconds=pause_s, failed_in_a_row=self._faults, last_reason=self._reason)
        return float(pause_s)


async def keep_running(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    """Runs a stage until it returns; an error that nobody foresaw is logged and the stage starts again.

    Raises:
        WorkerError: what the stage means to end the worker with.
    """
    attempt = 0
    while True:
        try:
            return await loop()
        except WorkerError:
            raise
        except Exception:
            logging.getLogger("worker").exception("stage.failed", extra={"facts": {"stage": name}})
            await asyncio.sleep(wait_s(attempt))
            attempt += 1


async def persist(call: Callable[[], Awaitable[T]], *, outage: Outage, within_s: float) -> T:
    """What the call returns, tried again for `within_s` while there is no answer. Only for calls that may be repeated.

    Raises:
        HordeUnreachableError: there was none in that time.
    """
    give_up_s = time.monotonic() + within_s
    attempt = 0
    while True:
        try:
            answer = await call()
        except HordeUnreachableError as exc:
            outage.began(exc)
            pause_s = wait_s(attempt, asked_s=exc.retry_after_s)
            if time.monotonic() + pause_s > give_up_s:
                raise
            await asyncio.sleep(pause_s)
            attempt += 1
        else:
            outage.ended()
            return answer
