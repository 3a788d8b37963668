"""Daemon threads for an SDK that blocks: a bounded queue of calls, and each caller awaits its own."""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.domain.errors import Unavailable

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call(Generic[ResultT]):
    """One call that waits for a thread, and who waits for its end."""

    work: Callable[[], ResultT]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[ResultT]

    def do(self) -> None:
        """Make the call and hand its end to the caller's loop; a caller that has gone is not called for."""
        if self.answer.cancelled():
            return
        try:
            result = self.work()
        except BaseException as exc:  # noqa: BLE001 - whatever it is, it is the caller's: it is raised there
            self._hand_over(self._fail, exc)
        else:
            self._hand_over(self._succeed, result)

    def _hand_over(self, settle: Callable[..., None], end: object) -> None:
        with suppress(RuntimeError):  # the loop has been closed: nobody waits any more
            self.loop.call_soon_threadsafe(settle, end)

    def _succeed(self, result: ResultT) -> None:
        if not self.answer.done():
            self.answer.set_result(result)

    def _fail(self, exc: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


class CallThreads:
    """A few daemon threads; ``run`` awaits a blocking call on one of them.

    They are daemons because a call that hangs must not keep the process from ending (design.md, section 7).
    """

    def __init__(self, *, name: str, threads: int, waiting_max: int) -> None:
        """Start the threads."""
        self._name = name
        self._calls: queue.Queue[_Call[object] | None] = queue.Queue(maxsize=waiting_max)
        self._closed = threading.Event()
        for number in range(threads):
            threading.Thread(target=self._serve, name=f"{name}-{number}", daemon=True).start()
        self._threads = threads

    async def run(self, work: Callable[[], ResultT], *, within_s: float) -> ResultT:
        """Return what the call returns.

        Raises:
            Unavailable: too many calls wait already, it took longer than ``within_s``, or these threads are closed.
        """
        if self._closed.is_set():
            raise Unavailable(f"The {self._name} is closed, because this process is stopping. Start it again.")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[ResultT] = loop.create_future()
        try:
            self._calls.put_nowait(_Call(work=work, loop=loop, answer=answer))  # type: ignore[arg-type] # any result
        except queue.Full as exc:
            raise Unavailable(
                f"The {self._name} has {self._calls.maxsize} calls waiting and takes no more now. Try again in a while."
            ) from exc
        try:
            async with asyncio.timeout(within_s):
                return await answer
        except TimeoutError as exc:
            raise Unavailable(f"The {self._name} has not answered in {within_s:g} s. Try again in a while.") from exc

    def close(self) -> None:
        """Take no more calls; what waits is not begun. Idempotent."""
        self._closed.set()
        with suppress(queue.Full):  # a full queue wakes the threads as well
            for _ in range(self._threads):
                self._calls.put_nowait(None)

    def _serve(self) -> None:
        while not self._closed.is_set():
            call = self._calls.get()
            if call is not None and not self._closed.is_set():
                call.do()
