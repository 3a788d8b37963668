"""The SDK's threads: a bounded queue, and calls nobody waits for any more are not made."""

import asyncio
import threading
from contextlib import suppress

import pytest

from bots.mastodon.client import WAITING_MAX, NobodyKnows, NotTaken, Threads


async def test_calls_beyond_the_bound_are_certainly_not_made_and_a_cancelled_one_never_is() -> None:
    threads = Threads(name="test", make=object)
    go, made = threading.Event(), list[int]()
    async with asyncio.TaskGroup() as group:
        busy = group.create_task(threads.call(lambda _: go.wait(10)))
        await asyncio.sleep(0.1)
        waiting = [group.create_task(_note(threads, made, number)) for number in range(WAITING_MAX)]
        await asyncio.sleep(0)
        with pytest.raises(NotTaken, match="wait already"):
            await threads.call(lambda _: made.append(-1))
        waiting[0].cancel()
        await asyncio.sleep(0)
        go.set()
        assert await busy is True
    assert made == list(range(1, WAITING_MAX))
    threads.close()
    threads.close()


async def test_closing_leaves_nobody_waiting_and_a_later_call_works() -> None:
    threads = Threads(name="test", make=object)
    go = threading.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(threads.call(lambda _: go.wait(10)))
        await asyncio.sleep(0.1)
        late = group.create_task(_note(threads, [], 1))
        await asyncio.sleep(0)
        threads.close()
        with suppress(asyncio.CancelledError):
            await late
        go.set()
    assert late.cancelled()
    assert await threads.call(lambda _: 7) == 7
    threads.close()


async def test_an_error_nobody_foresaw_says_nothing_of_the_post() -> None:
    threads = Threads(name="test", make=object)

    def fail(_: object) -> None:
        message = "what is this"
        raise KeyError(message)

    with pytest.raises(NobodyKnows, match="what is this"):
        await threads.call(fail)
    threads.close()


async def _note(threads: Threads, made: list[int], number: int) -> None:
    await threads.call(lambda _: made.append(number))
