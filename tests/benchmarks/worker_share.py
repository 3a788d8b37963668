"""What the worker costs around its pipeline: pictures a second against the bare pipeline, and CPU a job outside it.

`python -m tests.benchmarks.worker_share [--quick] [--json] [--model DIR]`. Both run the same prompts, seeds and size,
with so many steps that a call takes at least 1.5 s; `tests.benchmarks.summons` takes the figures from here.
"""

import asyncio
import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.benchmarks.harness import Figure, parser, report
from tests.doubles.horde_v2 import KEY, HordeDouble, horde_double
from tests.tiny_pipeline import save

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "worker" / "models" / "tiny-glyphs"
CALL_S = 1.5
SIDE_PX = 64
ASKED_PX = 512
PROMPTS = ("a red heart", "a cat", "a rocket", "a slice of pizza")
TARGET_SHARE = "at least 0.95 of the floor"
TARGET_CPU = "under 60 ms"

# The floor: diffusers alone, in a process of its own, as its documentation shows it.
BARE = """
import json, sys, time, torch
from diffusers import DiffusionPipeline, EulerDiscreteScheduler
folder, prompts, side_px, call_s, rounds = json.loads(sys.argv[1])
torch.set_num_threads(1)
pipe = DiffusionPipeline.from_pretrained(
    folder, safety_checker=None, requires_safety_checker=False, torch_dtype=torch.float32)
pipe.set_progress_bar_config(disable=True)
pipe.scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config)
def draw(number, steps):
    started = time.perf_counter()
    pipe(prompts[number % len(prompts)], num_inference_steps=steps, width=side_px, height=side_px, guidance_scale=5.0,
         generator=torch.Generator('cpu').manual_seed(number))
    return time.perf_counter() - started
draw(0, 5)
steps = min(500, max(5, round(call_s * 1.15 * 20 / min(draw(0, 20) for _ in range(3)))))
print(json.dumps([steps, [draw(number, steps) for number in range(rounds)]]))
"""


async def _bare(folder: Path, *, rounds: int) -> tuple[int, float]:
    """The steps of a call of at least 1.5 s, and the mean seconds of one."""
    arguments = json.dumps([str(folder), PROMPTS, SIDE_PX, CALL_S, rounds])
    bare = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BARE, arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said, _ = await bare.communicate()
    steps, seconds = json.loads(said.splitlines()[-1])
    return steps, sum(seconds) / len(seconds)


def _cpu_outside_s(pid: int) -> float:
    """CPU seconds of all threads but the busiest, which is the studio's: with one torch thread it runs the pipeline."""
    spent = sorted(thread.user_time + thread.system_time for thread in psutil.Process(pid).threads())
    return float(sum(spent[:-1]))


async def _whole(folder: Path, *, steps: int, rounds: int) -> tuple[float, float]:
    """Seconds a picture and CPU seconds a job outside the pipeline, of a worker that always finds work."""
    async with horde_double() as horde:
        for number in range(rounds + 1):
            horde.ask(
                PROMPTS[number % len(PROMPTS)],
                ddim_steps=steps,
                seed=str(number),
                width=ASKED_PX,
                height=ASKED_PX,
            )
        worker = await _start(horde, folder)
        try:
            await horde.until(lambda: len(horde.submits) == 1, timeout_s=120)
            began_s, cpu_s = time.perf_counter(), _cpu_outside_s(worker.pid)
            await horde.until(lambda: len(horde.submits) == rounds + 1, timeout_s=600)
            return (time.perf_counter() - began_s) / rounds, (_cpu_outside_s(worker.pid) - cpu_s) / rounds
        finally:
            worker.terminate()
            await worker.wait()


async def _start(horde: HordeDouble, folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", "--url", horde.url, "--name", "bench", "--model", f"tiny={folder}"),
        *("--threads", "1", "--key", KEY),
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("HORDE_")},
        stderr=asyncio.subprocess.DEVNULL,
    )


async def worker_figures(*, quick: bool, model: Path | None = None) -> list[Figure]:
    """`worker_share` and `worker_overhead`; the bare pipeline is measured before and after the worker."""
    rounds = 4 if quick else 20
    with tempfile.TemporaryDirectory() as scratch:
        shipped = SHIPPED if (SHIPPED / "model_index.json").is_file() else None
        folder = model or shipped or save(Path(scratch) / "tiny")
        steps, before_s = await _bare(folder, rounds=math.ceil(rounds / 2))
        whole_s, outside_s = await _whole(folder, steps=steps, rounds=rounds)
        _, after_s = await _bare(folder, rounds=math.ceil(rounds / 2)) if not quick else (steps, before_s)
    bare_s = (before_s + after_s) / 2
    return [
        Figure(name="worker_share", value=1 / whole_s, unit="pictures/s", floor=1 / bare_s, target=TARGET_SHARE),
        Figure(name="worker_overhead", value=outside_s * 1000, unit="ms CPU/job", target=TARGET_CPU),
    ]


def main() -> None:
    """Measures and prints."""
    options = parser("The worker around its pipeline")
    options.add_argument("--model", type=Path, help="a diffusers folder; default: the shipped model")
    asked = options.parse_args()
    figures = asyncio.run(worker_figures(quick=asked.quick, model=asked.model))
    report(figures, as_json=asked.json)


if __name__ == "__main__":
    main()
