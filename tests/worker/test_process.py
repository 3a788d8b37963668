"""The worker as its own process: what it says when it cannot work, how it stops, and where it can be killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.doubles.horde_v2 import KEY, HordeDouble

ROOT = Path(__file__).parents[2]


def environment(**keys: str) -> dict[str, str]:
    base = {name: value for name, value in os.environ.items() if not name.startswith("HORDE_")}
    return base | {"HORDE_WORKER_KEY": KEY, "HORDE_WORKER_THREADS": "1", "OMP_NUM_THREADS": "1"} | keys


@asynccontextmanager
async def process(horde: HordeDouble, model: Path, **keys: str) -> AsyncIterator[asyncio.subprocess.Process]:
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "worker", "--url", horde.url, "--name", "process-worker", "--model", f"tiny={model}"),
        cwd=ROOT,
        env=environment(**keys),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


def test_bad_settings_end_it_before_anything_heavy_is_imported() -> None:
    program = "import sys; from worker.main import main; code = main(); sys.exit(9 if 'torch' in sys.modules else code)"
    ended = subprocess.run(
        [sys.executable, "-c", program, "--model", "/nowhere/at/all", "--url", "nonsense"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "there is no folder /nowhere/at/all" in ended.stderr
    assert "url: cannot be 'nonsense'" in ended.stderr


@pytest.mark.torch
async def test_sigterm_hands_the_job_back(horde: HordeDouble, tiny_folder: Path) -> None:
    job_id = horde.ask("a secret wish", ddim_steps=500, width=512, height=512)
    async with process(horde, tiny_folder) as worker:
        await horde.until(lambda: bool(horde.progress[job_id]), timeout_s=120)
        worker.send_signal(signal.SIGTERM)
        worker.send_signal(signal.SIGINT)
        _, said = await asyncio.wait_for(worker.communicate(), 30)
    assert worker.returncode == 0
    assert horde.released == [job_id]
    log = said.decode()
    for event in ("worker.starting", "model.loaded", "pilot.made", "worker.ready", "job.popped", "job.released"):
        assert event in log
    assert "secret" not in log
    assert KEY not in log


@pytest.mark.torch
@pytest.mark.kill
async def test_killed_before_the_submit_leaves_the_job_to_its_lease(
    horde: HordeDouble, tiny_folder: Path, tmp_path: Path
) -> None:
    job_id = horde.ask()
    once = {"HORDE_KILL_AT": "worker_submit.before", "HORDE_KILL_ONCE_FILE": str(tmp_path / "killed")}
    async with process(horde, tiny_folder, **once) as worker:
        assert await asyncio.wait_for(worker.wait(), 120) == -signal.SIGKILL
    assert job_id in horde.uploads
    assert horde.submits == {}
    assert job_id in horde.leased
    assert (tmp_path / "killed").exists()
