"""The runner keeps everything going, whatever breaks, and stops at once."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bots.hints import Hint
from bots.leases import Lease
from bots.outbox import Outbox
from bots.platform import PlatformDown, Target
from bots.runner import Runner
from bots.supervisor import Rhythm, Success, Supervisor
from tests.bots.scene import Scene
from tests.bots.square import HandClock, Square
from tests.stores import ONLY_SQLITE, Database

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
    caplog.set_level("INFO", logger="bots.supervisor")
    async with running(runner_of(scene)):
        scene.square.say("@horde help")
        await until(lambda: len(scene.square.posts) == 1)
        scene.square.break_stream()
        scene.square.say("@horde help", by="bob")
        await until(lambda: len(scene.square.posts) == 2)
        await until(lambda: "bots.up part=square.inbox" in caplog.text)
    assert caplog.text.count("bots.down") == 1
    assert len(scene.square.posts) == 2


async def test_a_platform_that_hangs_before_it_fails_is_told_down_once_and_up_once(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Regression: an outage counted as over after a while without a fault, so each time-out of a server told of two."""
    caplog.set_level("INFO", logger="bots.supervisor")
    async with running(runner_of(scene)):
        for failures in range(4):
            await asyncio.sleep(4 * QUICK.steady_s)
            scene.square.break_stream(PlatformDown("it took too long"))
            await until(lambda broken=failures + 1: scene.square.broken == broken)  # type: ignore[misc]  # bound now
        await asyncio.sleep(4 * QUICK.steady_s)
        assert "bots.up" not in caplog.text
        scene.square.say("@horde help")
        await until(lambda: "bots.up part=square.inbox" in caplog.text)
    assert (caplog.text.count("bots.down"), caplog.text.count("bots.up")) == (1, 1)


async def test_an_outage_is_over_when_the_platform_was_read_though_nothing_is_new(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    class Counting(Square):
        reads = 0

    caplog.set_level("INFO", logger="bots.supervisor")
    other = Counting(scene.clock, name="circle")
    async with running(runner_of(scene, other)):
        other.break_stream()
        await until(lambda: "bots.down part=circle.inbox" in caplog.text)
        await until(lambda: other.opened == 2)
        other.reads += 1
        await until(lambda: "bots.up part=circle.inbox" in caplog.text)


async def test_of_two_processes_one_runs_the_platform_and_the_other_takes_over(
    tmp_path: Path, database: Database
) -> None:
    clock = HandClock()
    scene = await Scene.set_up(tmp_path, await database.open(clock=clock), clock)
    other = replace(scene, uow=await database.open(clock=clock), square=Square(clock))
    async with running(runner_of(scene)):
        await until(lambda: scene.square.opened)
        async with running(runner_of(other)):
            for number in range(3):
                scene.square.say("@horde help", by=f"person {number}")
                await until(lambda so_far=number + 1: len(scene.square.posts) == so_far)  # type: ignore[misc]  # bound now
            assert (other.square.opened, other.square.posts) == (0, {})
    async with running(runner_of(other)):
        await until(lambda: other.square.opened)


@ONLY_SQLITE
async def test_a_claim_that_was_cut_off_keeps_nobody_waiting(tmp_path: Path, database: Database) -> None:
    """It waited for another process's write when its runner was stopped, and is written all the same."""
    clock = HandClock()
    scene = await Scene.set_up(tmp_path, await database.open(clock=clock), clock)
    mine, theirs = (Lease("square", uow=scene.uow, clock=clock) for _ in range(2))
    writing = sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)
    writing.execute("BEGIN IMMEDIATE")
    claiming = asyncio.get_running_loop().create_task(mine.claim())
    await asyncio.sleep(0.2)
    claiming.cancel()
    await asyncio.wait([claiming])
    assert claiming.cancelled()
    giving_back = asyncio.get_running_loop().create_task(mine.give_back())
    await asyncio.sleep(0)
    writing.execute("ROLLBACK")
    writing.close()
    async with asyncio.timeout(10):
        await giving_back
    await theirs.claim()
    assert theirs.is_held


async def test_a_lease_that_is_not_renewed_is_taken_over_and_its_holder_claims_and_sends_nothing_more(
    tmp_path: Path, database: Database
) -> None:
    clock = HandClock()
    scene = await Scene.set_up(tmp_path, await database.open(clock=clock), clock)
    mine, theirs = (
        Lease("square", uow=scene.uow, clock=clock, lasts_s=0.3),
        Lease("square", uow=await database.open(clock=clock), clock=clock, lasts_s=0.3),
    )
    await mine.claim()
    assert mine.is_held
    await theirs.claim()
    assert not theirs.is_held

    scene.square.say("@horde help")
    await scene.accept()
    slow = Outbox(
        uow=scene.uow, clock=clock, delete_picture=scene.horde.delete_picture, on_settled=lambda: None, lease=mine
    )
    await asyncio.sleep(0.4)
    assert not mine.is_held
    await theirs.claim()
    assert theirs.is_held
    assert await slow.deliver_due(scene.square) == 0
    assert scene.square.posts == {}
    await mine.claim()
    assert not mine.is_held
    quick = Outbox(
        uow=scene.uow, clock=clock, delete_picture=scene.horde.delete_picture, on_settled=lambda: None, lease=theirs
    )
    assert await quick.deliver_due(scene.square) == 1
    assert len(scene.square.posts) == 1


async def test_the_lease_of_a_process_that_is_gone_is_taken_over_at_once(scene: Scene) -> None:
    ended = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE)
    dead = Lease("square", uow=scene.uow, clock=scene.clock, process=ended.pid)
    await dead.claim()
    heir = Lease("square", uow=scene.uow, clock=scene.clock)
    await heir.claim()
    assert not heir.is_held
    await ended.communicate(b"")
    await heir.claim()
    assert heir.is_held


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


async def test_a_part_that_is_told_to_end_while_it_fails_ends() -> None:
    """The failing part's own tasks still had something to end: the task group of Python 3.11 forgets the rest then."""
    failing = asyncio.Event()

    async def slow_to_end() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            failing.set()
            await asyncio.sleep(0.05)

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(slow_to_end())
            await asyncio.sleep(0)
            raise PlatformDown("it hangs up")

    is_over = False
    supervisor = Supervisor(
        "part", rhythm=QUICK, success=Success(), on_misconfigured=lambda _: None, is_over=lambda: is_over
    )
    part = asyncio.get_running_loop().create_task(supervisor.run(work))
    await failing.wait()
    is_over = True
    part.cancel()
    done, _ = await asyncio.wait([part], timeout=2)
    part.cancel()
    assert done, "it began anew"
    assert part.cancelled()
