"""A hand: daemon threads with a sync SDK object each, so that SDKs which block never block the event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

STOP_S: Final = 3.0
WAITING_MAX: Final = 64

Sdk = TypeVar("Sdk")
T = TypeVar("T")
_Todo = queue.Queue[tuple[Callable[..., Any], "concurrent.futures.Future[Any]"] | None]


class HandFullError(Exception):
    """So many calls wait for this hand that no more are taken; the call was certainly not made."""


class Hand(Generic[Sdk]):
    """Does calls in their order on threads of its own, which start at the first call, also after a `close`.

    They are daemons, not the default executor's, which would be joined at exit: a call that hangs must not keep the
    process from ending.
    """

    def __init__(self, name: str, *, make: Callable[[], Sdk], end: Callable[[Sdk], None], threads: int = 1) -> None:
        """Make and end are called on each thread: an SDK object belongs to one thread alone."""
        self._name = name
        self._make = make
        self._end = end
        self._threads = threads
        self._todo: _Todo = queue.Queue(WAITING_MAX)
        self._ended: list[concurrent.futures.Future[None]] = []

    async def do(self, work: Callable[[Sdk], T]) -> T:
        """Returns what the work returns; a call that is cancelled before it has begun is never made.

        Raises HandFullError, or whatever the work raises.
        """
        while len(self._ended) < self._threads:
            self._ended.append(concurrent.futures.Future())
            name, given = f"{self._name}-{len(self._ended)}", (self._todo, self._ended[-1])
            threading.Thread(target=self._run, args=given, name=name, daemon=True).start()
        done: concurrent.futures.Future[T] = concurrent.futures.Future()
        try:
            self._todo.put_nowait((work, done))
        except queue.Full:
            raise HandFullError(f"{WAITING_MAX} calls wait for {self._name} already") from None
        return await asyncio.wrap_future(done)

    async def close(self) -> None:
        """No call is begun any more; a call under way is left behind after three seconds. May be called twice."""
        todo, ended = self._todo, self._ended
        if not ended:
            return
        self._todo, self._ended = queue.Queue(WAITING_MAX), []
        with contextlib.suppress(queue.Empty):
            while waiting := todo.get_nowait():
                waiting[1].cancel()
        for _ in ended:
            todo.put_nowait(None)
        await asyncio.wait([asyncio.wrap_future(one) for one in ended], timeout=STOP_S)

    def _run(self, todo: _Todo, ended: concurrent.futures.Future[None]) -> None:
        sdk: list[Sdk] = []
        try:
            while call := todo.get():
                work, done = call
                if not done.set_running_or_notify_cancel():
                    continue
                try:
                    if not sdk:
                        sdk.append(self._make())
                    result = work(sdk[0])
                except Exception as error:  # noqa: BLE001 - whatever the SDK raises goes to who asked for the call
                    done.set_exception(error)
                else:
                    done.set_result(result)
        finally:
            for one in sdk:
                self._end(one)
            ended.set_result(None)
