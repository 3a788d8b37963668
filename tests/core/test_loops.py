"""The loops: once over all processes, alive whatever happens, stopped cleanly."""

import asyncio
import logging
from dataclasses import replace

import pytest

from core.domain.errors import Unavailable
from core.domain.requests import RequestState
from core.loops.chore import Chore, in_rounds
from core.loops.chores import chores
from core.loops.loops import Loops
from core.ports.store import Transaction
from core.services.statistics.meters import Meters
from core.store import connection_of
from tests.core.scene import HandClock, Scene
from tests.stores import Database


def by_name(scene: Scene) -> dict[str, Chore]:
    return {chore.name: chore for chore in chores(uow=scene.uow, objects=None, policy=scene.policy)}


async def test_the_chores_do_their_work(scene: Scene) -> None:
    loops, all_chores = Loops((), uow=scene.uow, clock=scene.clock), by_name(scene)
    guest = await scene.guest()
    accepted = await scene.ask(guest.id)
    await scene.pop_one(scene.offer(guest.id))
    assert await loops.run_once(all_chores["reclaim"]) is None, "nothing was due, nothing was written"
    scene.clock.pass_s(200)
    assert await loops.run_once(all_chores["reclaim"]) == 1
    scene.clock.pass_s(1_200)
    assert await loops.run_once(all_chores["expire_requests"]) == 1
    assert (await scene.status(accepted.request_id)).state is RequestState.EXPIRED
    assert await loops.run_once(all_chores["audit_ledger"]) == 0
    scene.clock.pass_s(8 * 24 * 3_600)
    assert await loops.run_once(all_chores["prune_events"]) == 3
    assert await loops.run_once(all_chores["expire_holds"]) is None


async def test_a_run_is_done_by_one_process_only(scene: Scene, database: Database) -> None:
    other = await database.open(clock=scene.clock)
    runs = [
        await Loops((), uow=uow, clock=scene.clock).run_once(by_name(scene)["prune_events"])
        for uow in (scene.uow, other)
    ]
    assert runs == [0, None]
    scene.clock.pass_s(600)
    assert await Loops((), uow=other, clock=scene.clock).run_once(by_name(scene)["prune_events"]) == 0


async def test_of_many_processes_at_once_one_has_the_run(scene: Scene, database: Database) -> None:
    everyone = [await database.open(clock=scene.clock) for _ in range(3)]
    worked: list[int] = []

    def work(_: Transaction, now_ms: int) -> int:
        worked.append(now_ms)
        return 1

    chore = Chore(name="trial", every_s=60, in_transaction=work)
    runs = await asyncio.gather(
        *(Loops((), uow=uow, clock=scene.clock).run_once(chore) for uow in everyone for _ in range(4))
    )
    assert sorted(runs, key=str) == [1] + [None] * 11
    assert len(worked) == 1


async def test_every_chore_runs_once_over_all_processes(scene: Scene, database: Database) -> None:
    other = await database.open(clock=scene.clock)
    scene.clock.pass_s(3_600)
    here = chores(uow=scene.uow, objects=None, policy=scene.policy)
    there = chores(uow=other, objects=None, policy=scene.policy)
    assert len({chore.name for chore in here}) == len(here)
    for mine, others in zip(here, there, strict=True):
        if mine.in_transaction is None and mine.outside is None:
            continue  # it only looks, in every process
        runs = await asyncio.gather(
            Loops((), uow=scene.uow, clock=scene.clock).run_once(replace(mine, due=None)),
            Loops((), uow=other, clock=scene.clock).run_once(replace(others, due=None)),
        )
        assert sum(run is None for run in runs) == 1, mine.name


async def test_rounds_go_on_until_nothing_is_left_or_the_time_is_over(scene: Scene) -> None:
    left = 5

    def work(_: Transaction) -> int:
        nonlocal left
        taken, left = min(left, 2), max(left - 2, 0)
        return taken

    assert await in_rounds(scene.uow, work) == 5
    left = 5
    assert await in_rounds(scene.uow, work, most_s=0) == 2
    assert left == 3


async def test_the_audit_says_aloud_what_is_wrong(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    await scene.account("ann", kudos=5)
    await scene.do(lambda tx: connection_of(tx).exec_driver_sql("UPDATE balances SET posted_mk = 1"))
    with caplog.at_level(logging.ERROR):
        assert await Loops((), uow=scene.uow, clock=scene.clock).run_once(by_name(scene)["audit_ledger"]) == 1
    assert "ledger.differs differences=1" in caplog.text


async def test_a_failing_chore_lives_on_and_is_logged_once(
    scene: Scene, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[int] = []
    done = asyncio.Event()

    async def work(_: int) -> int:
        clock.pass_s(1)
        calls.append(1)
        if len(calls) < 3:
            message = "not now."
            raise Unavailable(message)
        done.set()
        return 1

    chore = Chore(name="trial", every_s=1, outside=work)
    meters = Meters()
    loops = Loops((chore,), uow=scene.uow, clock=clock, meters=meters)
    bell = asyncio.Event()
    with caplog.at_level(logging.INFO):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(loops._attend(chore, bell))
            async with asyncio.timeout(10):
                while not done.is_set():
                    bell.set()
                    await asyncio.sleep(0.01)
            await loops.stop()
            bell.set()
    assert caplog.text.count("loop.failing loop=trial") == 1
    assert caplog.text.count("loop.recovered loop=trial") == 1
    assert meters.loop_failures.read() == {("trial",): 2}
    assert meters.loop_runs.read()["trial",] >= 1


async def test_the_scheduler_rings_and_the_stop_is_quick(scene: Scene) -> None:
    rung = asyncio.Event()

    async def work(_: int) -> int:
        rung.set()
        return 1

    loops = Loops((Chore(name="trial", every_s=1, outside=work),), uow=scene.uow, clock=scene.clock)
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(10):
        tasks.create_task(loops.run())
        await rung.wait()
        await loops.stop()
