"""Two processes on one database see the same queue, and what was committed outlives a kill."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.loops.wakeup import MemoryWakeup
from tests.core.scene import START_MS, HandClock, Scene, draft
from tests.stores import Database, StoreKind

OTHER = """
import asyncio, sys
from core.ports.points import Step
from core.store import open_store
from tests.core.scene import HandClock, Scene, draft

async def main(url, what, account):
    uow = await open_store(url, clock=HandClock(), key_secret="test")
    scene = Scene(uow=uow, clock=HandClock())
    if what == "ask":
        await scene.ask(int(account), draft("from the other process"))
    elif what == "pop":
        job = await scene.pop_one(scene.offer(int(account), "other"))
        print(job.prompt)
    elif what == "die":
        await uow.write(lambda tx: tx.events.move_cursor("reader", 7), step=Step.DESK_REACT)
        print("alive")
    await uow.aclose()

asyncio.run(main(*sys.argv[1:]))
"""
ROOT = Path(__file__).parents[2]


def other(database: Database, what: str, account: int = 0, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", OTHER, database.url, what, str(account)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("by_notice", [False, True])
async def test_two_processes_see_one_queue(database: Database, by_notice: bool) -> None:
    wakeup = MemoryWakeup(tick_s=0.05)
    uow = await database.open(clock=HandClock(), wakeup=wakeup)
    if by_notice and database.kind is StoreKind.POSTGRES:
        await uow.changed_elsewhere()  # there, nobody needs to look
    else:
        wakeup.watch(uow.changed_elsewhere)
    scene = Scene(uow=uow, clock=HandClock())
    ann = (await scene.account("ann")).account
    assert not await uow.changed_elsewhere()
    offer = scene.offer(ann.id)
    assert not (await scene.pop(offer)).jobs
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(wakeup.run())
        held = tasks.create_task(wakeup.wait(uow.fits(offer), timeout_s=30))
        done = await asyncio.to_thread(other, database, "ask", ann.id)
        assert done.returncode == 0, done.stderr
        assert await held, "the other process's commit was noticed"
        await wakeup.stop()
    job = await scene.pop_one(offer)
    assert job.prompt == "from the other process"
    await scene.ask(ann.id, draft("from this one"))
    popped = await asyncio.to_thread(other, database, "pop", ann.id)
    assert popped.stdout == "from this one\n", popped.stderr
    await scene.audit()


@pytest.mark.parametrize(("point", "cursor"), [("desk_react.before", 0), ("desk_react.after", 7)])
async def test_a_kill_around_the_commit(database: Database, point: str, cursor: int) -> None:
    died = await asyncio.to_thread(other, database, "die", HORDE_KILL_AT=point)
    assert (died.returncode, died.stdout) == (-signal.SIGKILL, "")
    uow = await database.open(clock=HandClock(START_MS))
    assert await uow.read(lambda tx: tx.events.cursor("reader")) == cursor
