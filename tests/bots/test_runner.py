"""The runner keeps everything going, whatever breaks, and stops at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bots.hints import Hint
from bots.platform import Target
from bots.runner import Rhythm, Runner
from tests.bots.scene import Scene
from tests.bots.square import Square

QUICK = Rhythm(tick_s=0.02, restart_first_s=0.02, restart_most_s=0.05, steady_s=0.03)


def runner_of(scene: Scene, *others: Square) -> Runner:
    return Runner(
        uow=scene.uow,
        clock=scene.clock,
        horde=scene.horde,
        shelf=scene.shelf,
        platforms=[scene.square, *others],
        places={"square": "square"},
        rhythm=QUICK,
        patience=scene.patience,
    )


@asynccontextmanager
async def running(runner: Runner) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        group.create_task(runner.run())
        await asyncio.sleep(0)
        try:
            yield
        finally:
            await runner.stop()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is waited for is on the other side of the platform
            await asyncio.sleep(0.005)


async def test_a_mention_is_answered_by_the_running_bots(scene: Scene) -> None:
    runner = runner_of(scene)
    async with running(runner):
        event = scene.square.say("@horde draw me a cat")
        await until(lambda: scene.square.acknowledged)
        done = 0
        while not done:
            done = len(await scene.work())
        runner.hint_events()
        await until(lambda: scene.square.of(Target.REPLY))
        assert scene.square.of(Target.REPLY)[0].in_reply_to == event.remote_id
    assert scene.square.closed == 1


async def test_a_broken_stream_is_taken_up_again_where_it_was(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="bots.runner")
    async with running(runner_of(scene)):
        scene.square.say("@horde help")
        await until(lambda: len(scene.square.posts) == 1)
        scene.square.break_stream()
        scene.square.say("@horde help", by="bob")
        await until(lambda: len(scene.square.posts) == 2)
        await until(lambda: "bots.up part=square.inbox" in caplog.text)
    assert caplog.text.count("bots.down") == 1
    assert len(scene.square.posts) == 2


async def test_a_misconfigured_adapter_stops_alone(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    other = Square(scene.clock, name="circle")
    async with running(runner_of(scene, other)):
        scene.square.misconfigure()
        await until(lambda: "bots.misconfigured" in caplog.text)
        other.say("@horde help")
        await until(lambda: len(other.posts) == 1)
        assert "set HORDE_SQUARE_TOKEN" in caplog.text


async def test_a_fault_of_the_adapter_is_survived(scene: Scene) -> None:
    async with running(runner_of(scene)):
        scene.square.faults.append("accept-then-fail")
        scene.square.say("@horde help")
        await until(lambda: scene.square.posts)
        scene.clock.pass_s(60)
        scene.square.say("@horde help", by="bob")
        await until(lambda: len(scene.square.posts) == 2)


async def test_start_and_stop_in_any_order_and_often(scene: Scene) -> None:
    runner = runner_of(scene)
    await runner.stop()
    runner.hint_events()
    for _ in range(3):
        async with running(runner):
            pass
        await runner.stop()
    async with running(runner):
        scene.square.say("@horde help")
        await until(lambda: scene.square.posts)
        scene.square.faults.append("hang")
        scene.square.say("@horde help", by="bob")
        await until(lambda: not scene.square.faults)
        async with asyncio.timeout(3):
            await runner.stop()
        await runner.stop()
    async with running(runner):
        scene.clock.pass_s(60)
        await asyncio.sleep(0.1)
        scene.clock.pass_s(60)
        await until(lambda: len(scene.square.posts) == 2)


async def test_a_hint_given_before_the_wait_is_not_lost() -> None:
    hint = Hint()
    await asyncio.to_thread(hint.give)
    async with asyncio.timeout(5):
        await hint.wait(60)
    async with asyncio.timeout(5):
        await hint.wait(0.01)
