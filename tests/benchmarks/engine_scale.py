"""`scale_out` and `rss_million`: pops from several processes, and what one process needs beside a long queue.

Started by the benchmark as a process of its own: `python -m tests.benchmarks.engine_scale pops|rss URL SECONDS`.
"""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from core.ports.clock import SystemClock
from core.services.queue.overview import overview
from core.store import open_store
from tests.benchmarks.engine_ground import MODELS, POLICY, WallClock
from tests.benchmarks.harness import Figure
from tests.core.scene import Scene

ROOT: Final = Path(__file__).parents[2]
POPS_AT_ONCE: Final = 8
RSS_TARGET: Final = "under 200 MB"


def scale_out(url: str, *, quick: bool) -> list[Figure]:
    """Pops a second of four processes, and of one as the floor, on one PostgreSQL with a long queue."""
    seconds = 3.0 if quick else 8.0
    alone = _together(url, processes=1, seconds=seconds)
    four = _together(url, processes=4, seconds=seconds)
    return [Figure(name="scale_out", value=four, unit="pops/s", floor=alone)]


def rss_million(url: str, *, store: str, quick: bool) -> list[Figure]:
    """Resident memory at its most of a process that pops, completes and looks at the queue for some seconds."""
    (said,) = _run("rss", url, processes=1, seconds=4.0 if quick else 15.0)
    return [
        Figure(name=f"rss_{store}", value=float(said["rss_mb"]), unit="MB", target=RSS_TARGET),
        Figure(name=f"rss_{store}_empty", value=float(said["rss_before_mb"]), unit="MB"),
    ]


def _together(url: str, *, processes: int, seconds: float) -> float:
    """The sum of what the processes say."""
    return sum(float(said["pops_s"]) for said in _run("pops", url, processes=processes, seconds=seconds))


def _run(what: str, url: str, *, processes: int, seconds: float) -> list[dict[str, float]]:
    """What each of the processes says, after all of them began together."""
    begins = str(time.time() + 2.0)
    command = [sys.executable, "-m", "tests.benchmarks.engine_scale", what, url, str(seconds), begins]
    running = [
        subprocess.Popen([*command, str(number)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for number in range(processes)
    ]
    return [json.loads(process.communicate(timeout=120)[0].splitlines()[-1]) for process in running]


async def _pops(scene: Scene, *, number: int, seconds: float) -> dict[str, float]:
    """Pops a second, eight at once; every job is kept."""
    owner_id = (await scene.account(f"scale {number} {time.time_ns()}", trusted=True)).account.id
    made = [0] * POPS_AT_ONCE
    began_s = time.perf_counter()

    async def one(task: int) -> None:
        offer = scene.offer(owner_id, f"scale {number} {task} {owner_id}", models=MODELS, reports_progress=True)
        while time.perf_counter() - began_s < seconds:
            made[task] += len((await scene.pop(offer)).jobs)

    async with asyncio.TaskGroup() as group:
        for task in range(POPS_AT_ONCE):
            group.create_task(one(task))
    return {"pops_s": sum(made) / (time.perf_counter() - began_s)}


async def _rss(scene: Scene, *, seconds: float) -> dict[str, float]:
    """Resident memory before and after some seconds of pops, results, empty pops and looks at the queue."""
    before_mb = _rss_mb("VmRSS")
    owner_id = (await scene.account(f"rss {time.time_ns()}", trusted=True)).account.id
    began_s = time.perf_counter()

    async def one(task: int) -> None:
        models = MODELS if task % 2 else MODELS[task : task + 1]
        offer = scene.offer(owner_id, f"rss {task} {owner_id}", models=models, reports_progress=True)
        while time.perf_counter() - began_s < seconds:
            for job in (await scene.pop(offer)).jobs:
                await scene.hand_in(job, owner_id, lease_id=job.lease_id)
                await scene.status(job.request_id)
            await scene.pop(scene.offer(owner_id, f"rss none {task} {owner_id}", models=("nothing",)))
            await scene.uow.read(lambda tx: overview(tx, now_ms=scene.clock.now_ms()))

    async with asyncio.TaskGroup() as group:
        for task in range(POPS_AT_ONCE):
            group.create_task(one(task))
    return {
        "rss_before_mb": before_mb,
        "rss_mb": _rss_mb("VmHWM"),
    }


def _rss_mb(what: str) -> float:
    """Resident memory of this process alone, now (VmRSS) or at its most (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) * 1_024 / 1e6


def main() -> None:
    """Does one process's part and says what came of it, as one line of JSON."""
    what, url, seconds, begins, number = sys.argv[1:]

    async def part() -> dict[str, float]:
        uow = await open_store(url, clock=SystemClock(), key_secret="bench")
        scene = Scene(uow=uow, clock=WallClock(), policy=POLICY)
        await asyncio.sleep(max(0.0, float(begins) - time.time()))
        try:
            if what == "rss":
                return await _rss(scene, seconds=float(seconds))
            return await _pops(scene, number=int(number), seconds=float(seconds))
        finally:
            await uow.aclose()

    sys.stdout.write(json.dumps(asyncio.run(part())) + "\n")


if __name__ == "__main__":
    main()
