"""Held pops are woken in the order in which they came, and only those that fit."""

import asyncio
import threading
from collections.abc import Callable

from core.loops.wakeup import MemoryWakeup


def only(*lanes: int) -> Callable[[int], bool]:
    return lambda lane_id: lane_id in lanes


async def start(
    wakeup: MemoryWakeup, tasks: asyncio.TaskGroup, *fits: Callable[[int], bool]
) -> "list[asyncio.Task[bool]]":
    waiting = []
    for one in fits:
        waiting.append(tasks.create_task(wakeup.wait(one, timeout_s=5)))
        await asyncio.sleep(0)
    return waiting


async def test_the_longest_waiting_that_fits_is_woken() -> None:
    wakeup = MemoryWakeup()
    async with asyncio.TaskGroup() as tasks:
        a, b, c = await start(wakeup, tasks, only(1), only(2), only(1, 2))
        threading.Thread(target=wakeup.notify, args=([2],)).start()
        assert await b
        assert not a.done()
        wakeup.notify([2, 1])
        assert await c
        assert await a


async def test_a_hint_that_found_nobody_serves_who_comes_next_once() -> None:
    wakeup = MemoryWakeup()
    assert not await wakeup.wait(lambda _: True, timeout_s=0.01)
    wakeup.notify([3])
    await asyncio.sleep(0.01)
    assert not await wakeup.wait(only(4), timeout_s=0.01)
    assert await wakeup.wait(only(3), timeout_s=5)
    assert not await wakeup.wait(only(3), timeout_s=0.01)


async def test_the_tick_wakes_everyone_if_there_was_a_hint() -> None:
    wakeup = MemoryWakeup(tick_s=0.02)
    async with asyncio.TaskGroup() as tasks:
        ticking = tasks.create_task(wakeup.run())
        waiting = await start(wakeup, tasks, only(1), only(2))
        await asyncio.sleep(0.1)
        assert not any(task.done() for task in waiting)
        wakeup.notify([9])
        assert await asyncio.gather(*waiting) == [True, True]
        await wakeup.stop()
        await ticking


async def test_a_stop_ends_every_wait_and_a_cancel_leaves_no_trace() -> None:
    wakeup = MemoryWakeup()
    async with asyncio.TaskGroup() as tasks:
        a, b = await start(wakeup, tasks, only(1), only(1))
        a.cancel()
        await asyncio.sleep(0)
        wakeup.notify([1])
        assert await b, "the cancelled one does not swallow the hint"
        (c,) = await start(wakeup, tasks, only(1))
        await wakeup.stop()
        await wakeup.stop()
        assert not await c
    assert not await wakeup.wait(only(1), timeout_s=5)


async def test_the_tick_wakes_as_many_as_jobs_wait_where_it_is_told_how_many() -> None:
    jobs = {1: 1, 2: 1}

    async def changed() -> bool:
        return True

    async def waiting_jobs() -> dict[int, int]:
        return jobs

    wakeup = MemoryWakeup(tick_s=0.02)
    wakeup.watch(changed, waiting=waiting_jobs)
    async with asyncio.TaskGroup() as tasks:
        a, b, c, d = await start(wakeup, tasks, only(1), only(1), only(1, 2), only(3))
        ticking = tasks.create_task(wakeup.run())
        assert await a
        assert await c
        jobs.clear()
        await asyncio.sleep(0.1)
        assert not b.done()
        jobs[1] = 1
        assert await b
        assert not d.done()
        await wakeup.stop()
        assert not await d
        await ticking


async def test_the_tick_looks_again_while_jobs_wait_that_somebody_passed_over() -> None:
    wakeup = MemoryWakeup(tick_s=0.02)

    async def unchanged() -> bool:
        return False

    async def waiting_jobs() -> dict[int, int]:
        return {1: 1}

    wakeup.watch(unchanged, waiting=waiting_jobs)
    async with asyncio.TaskGroup() as tasks:
        ticking = tasks.create_task(wakeup.run())
        first, second = await start(wakeup, tasks, only(1), only(1))
        await asyncio.sleep(0.1)
        assert not first.done()
        wakeup.notify([1])
        assert await first
        assert await second
        await wakeup.stop()
        await ticking
