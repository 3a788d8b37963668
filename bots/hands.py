"""A hand: one daemon thread with one sync SDK object, so that SDKs which block never block the event loop."""

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
    """Does one call after the other on its own thread. The thread starts at the first call, also after a `close`."""

    def __init__(self, name: str, *, make: Callable[[], Sdk], end: Callable[[Sdk], None]) -> None:
        """Make and end are called on the thread: the SDK object belongs to it alone."""
        self._name = name
        self._make = make
        self._end = end
        self._todo: _Todo | None = None
        self._ended: concurrent.futures.Future[None] | None = None

    async def do(self, work: Callable[[Sdk], T]) -> T:
        """Returns what the work returns; a call that is cancelled before it has begun is never made.

        Raises HandFullError, or whatever the work raises.
        """
        if self._todo is None:
            self._todo, self._ended = queue.Queue(WAITING_MAX), concurrent.futures.Future()
            # A daemon: a call that hangs must not keep the process from ending.
            threading.Thread(target=self._run, args=(self._todo, self._ended), name=self._name, daemon=True).start()
        done: concurrent.futures.Future[T] = concurrent.futures.Future()
        try:
            self._todo.put_nowait((work, done))
        except queue.Full:
            raise HandFullError(f"{WAITING_MAX} calls wait for {self._name} already") from None
        return await asyncio.wrap_future(done)

    async def close(self) -> None:
        """No call is begun any more; a call under way is left behind after three seconds. May be called twice."""
        todo, ended = self._todo, self._ended
        if todo is None or ended is None:
            return
        self._todo = self._ended = None
        with contextlib.suppress(queue.Empty):
            while waiting := todo.get_nowait():
                waiting[1].cancel()
        todo.put_nowait(None)
        await asyncio.wait([asyncio.wrap_future(ended)], timeout=STOP_S)

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
