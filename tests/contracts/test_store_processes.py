"""Two processes on one file see the same queue, and what was committed outlives a kill."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.loops.wakeup import MemoryWakeup
from core.store import SqliteUnitOfWork
from tests.core.scene import START_MS, HandClock, Scene, draft, fresh_database

OTHER = """
import asyncio, sys
from pathlib import Path
from core.ports.points import Step
from core.store import SqliteUnitOfWork
from tests.core.scene import HandClock, Scene, draft

async def main(path, what, account):
    uow = SqliteUnitOfWork.open(Path(path), clock=HandClock())
    scene = Scene(uow=uow, clock=HandClock())
    if what == "ask":
        await scene.ask(int(account), draft("from the other process"))
    elif what == "pop":
        job = await scene.pop_one(scene.offer(int(account), "other"))
        print(job.prompt)
    elif what == "die":
        await uow.write(lambda tx: tx.events.move_cursor("reader", 7), step=Step.DESK_REACT)
        print("alive")
    uow.close()

asyncio.run(main(*sys.argv[1:]))
"""
ROOT = Path(__file__).parents[2]


def other(path: Path, what: str, account: int = 0, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", OTHER, str(path), what, str(account)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_two_processes_see_one_queue(tmp_path: Path) -> None:
    path = fresh_database(tmp_path)
    uow = SqliteUnitOfWork.open(path, clock=HandClock())
    wakeup = MemoryWakeup(tick_s=0.05)
    wakeup.watch(uow.changed_elsewhere)
    scene = Scene(uow=uow, clock=HandClock())
    try:
        ann = (await scene.account("ann")).account
        assert not await uow.changed_elsewhere()
        offer = scene.offer(ann.id)
        assert not (await scene.pop(offer)).jobs
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(wakeup.run())
            held = tasks.create_task(wakeup.wait(uow.fits(offer), timeout_s=30))
            done = await asyncio.to_thread(other, path, "ask", ann.id)
            assert done.returncode == 0, done.stderr
            assert await held, "the tick has seen the other process's commit"
            await wakeup.stop()
        job = await scene.pop_one(offer)
        assert job.prompt == "from the other process"
        await scene.ask(ann.id, draft("from this one"))
        assert other(path, "pop", ann.id).stdout == "from this one\n"
        await scene.audit()
    finally:
        uow.close()


@pytest.mark.parametrize(("point", "cursor"), [("desk_react.before", 0), ("desk_react.after", 7)])
async def test_a_kill_around_the_commit(tmp_path: Path, point: str, cursor: int) -> None:
    path = fresh_database(tmp_path)
    died = other(path, "die", HORDE_KILL_AT=point)
    assert (died.returncode, died.stdout) == (-signal.SIGKILL, "")
    uow = SqliteUnitOfWork.open(path, clock=HandClock(START_MS))
    try:
        assert await uow.read(lambda tx: tx.events.cursor("reader")) == cursor
    finally:
        uow.close()
