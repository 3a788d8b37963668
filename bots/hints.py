"""Hints: something may be there to do. Losing one costs a second, never a row."""

import asyncio
import contextlib


class Hint:
    """Wakes one loop; may be given from any thread. Must be made while the event loop runs."""

    def __init__(self) -> None:
        """Bind to the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def give(self) -> None:
        """The loop that waits wakes up, or does not go to sleep at all."""
        with contextlib.suppress(RuntimeError):  # the event loop is closed: nobody is there to be woken
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, timeout_s: float) -> None:
        """Returns at the next hint, at once if one was given since the last wait, or after the time-out."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        self._event.clear()
