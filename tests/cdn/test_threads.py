"""Blocking calls on threads of our own: bounded, awaited, and never in the way of the end."""

import asyncio
import threading

import pytest

from cdn.threads import CallThreads
from core.domain.errors import Unavailable


async def test_calls_run_beside_the_loop_and_give_back_what_they_return_or_raise() -> None:
    threads = CallThreads(name="store", threads=2, waiting_max=4)
    assert await threads.run(lambda: threading.current_thread().name, within_s=5) in {"store-0", "store-1"}
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0, within_s=5)
    assert await threads.run(lambda: 7, within_s=5) == 7
    threads.close()
    threads.close()
    with pytest.raises(Unavailable, match="closed"):
        await threads.run(lambda: 7, within_s=5)


async def test_the_queue_is_bounded_and_a_wait_ends() -> None:
    threads, begun, go_on = CallThreads(name="store", threads=1, waiting_max=1), threading.Event(), threading.Event()
    called: list[str] = []

    def hang() -> None:
        begun.set()
        go_on.wait()

    async with asyncio.TaskGroup() as tasks:
        hanging = tasks.create_task(threads.run(hang, within_s=30))
        await asyncio.to_thread(begun.wait)
        with pytest.raises(Unavailable, match="has not answered"):
            await threads.run(lambda: called.append("given up"), within_s=0.05)
        with pytest.raises(Unavailable, match="1 calls waiting"):
            await threads.run(lambda: called.append("refused"), within_s=5)
        go_on.set()
        await hanging
    async with asyncio.timeout(5):
        while threads._calls.full():  # noqa: ASYNC110 - the thread takes out what was given up, and gives no sign of it
            await asyncio.sleep(0.005)
    assert await threads.run(lambda: 7, within_s=5) == 7
    assert called == []  # nobody waited for them any more
    threads.close()
