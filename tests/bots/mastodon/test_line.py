"""The SDK's calls on their threads: whatever is raised there comes out in our words."""

import asyncio
import threading

import pytest

from bots.hands import WAITING_MAX
from bots.mastodon.client import Line, NobodyKnows, NotTaken


class Sdk:
    """Something with a session to close."""

    @property
    def session(self) -> "Sdk":
        return self

    def close(self) -> None:
        """Nothing was open."""


async def test_an_error_nobody_foresaw_says_nothing_of_the_post() -> None:
    line = Line("test", make=Sdk)

    def fail(_: object) -> None:
        message = "what is this"
        raise KeyError(message)

    with pytest.raises(NobodyKnows, match="what is this"):
        await line.call(fail)
    await line.close()


async def test_a_call_for_which_there_is_no_room_was_certainly_not_made() -> None:
    line, go = Line("test", make=Sdk), threading.Event()
    async with asyncio.TaskGroup() as group:
        busy = group.create_task(line.call(lambda _: go.wait(10)))
        await asyncio.sleep(0.1)
        for _ in range(WAITING_MAX):
            group.create_task(line.call(lambda _: None))
        await asyncio.sleep(0)
        with pytest.raises(NotTaken, match="calls"):
            await line.call(lambda _: None)
        go.set()
        assert await busy is True
    await line.close()


async def test_two_threads_have_an_object_each_and_work_side_by_side() -> None:
    line, both = Line("test", make=Sdk, threads=2), threading.Barrier(2, timeout=10)

    def meet(sdk: Sdk) -> int:
        both.wait()
        return id(sdk)

    first, second = await asyncio.gather(line.call(meet), line.call(meet))
    assert first != second
    await line.close()
    await line.close()
