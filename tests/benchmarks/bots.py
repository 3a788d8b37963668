"""A thousand summonses at once, and twenty a second, on each platform's double through its real SDK.

`python -m tests.benchmarks.bots [--quick] [--json] [--only PLATFORM]`

The bots run in a process of their own, the double in another one: neither API nor worker runs, so that what is measured
is the way from the SDK to the queue. A summons counts as stored, or as in the queue, once another connection sees it.
"""

import asyncio
import json
import logging
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import psutil

from bots.platform import Platform, PlatformEvent
from config import wiring
from config.settings import load_settings
from tests.benchmarks.harness import Figure, parser, percentile, report
from tests.e2e.processes import ROOT, DoubleProcess

PLATFORMS = ("mastodon", "reddit", "discord")
PER_S = 20
PATIENCE_S = 120.0
TEXT = "@horde draw for me a red heart style: icon"


class Timed:
    """A platform that also notes when its SDK handed each summons over."""

    def __init__(self, inner: Platform) -> None:
        self._inner = inner
        self.heard_s: dict[str, float] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def events(self, cursor: str | None) -> AsyncIterator[PlatformEvent]:
        async for event in self._inner.events(cursor):
            self.heard_s.setdefault(event.remote_id, time.time())
            yield event


class Watch:
    """A thread that sees from outside of the bots when what is in the database."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self.stored_s: dict[str, float] = {}
        self.queued_s: dict[str, float] = {}
        self.rss_mb = 0.0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def close(self) -> None:
        self._ends.set()
        self._thread.join()

    def _look(self) -> None:
        process = psutil.Process()
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, isolation_level=None)) as connection:
            version, last = -1, ""
            new: dict[str, str] = {}
            while not self._ends.wait(0.004):
                (now,) = connection.execute("PRAGMA data_version").fetchone()
                if now == version:
                    continue
                version, at_s = now, time.time()
                for number, remote_id in connection.execute(
                    "SELECT id, remote_id FROM commissions WHERE id > ? ORDER BY id", (last,)
                ):
                    self.stored_s[remote_id] = at_s
                    new[number] = last = number
                    new[number] = remote_id
                still = {row[0] for row in connection.execute("SELECT id FROM commissions WHERE state = 'new'")}
                for number in [number for number in new if number not in still]:
                    self.queued_s[new.pop(number)] = at_s
                self.rss_mb = max(self.rss_mb, process.memory_info().rss / 1e6)


async def scene(platform: str, *, burst: int, steady_s: int, folder: Path, commands: bool) -> dict[str, float]:
    """All figures of one platform; `commands`: by slash commands instead of mentions."""
    double = await asyncio.to_thread(DoubleProcess, platform)
    os.environ.update(double.env)
    timed: list[Timed] = []
    make = wiring.PLATFORMS[platform]

    def made(*given: Any) -> Platform:
        timed.append(Timed(make(*given)))
        return cast("Platform", timed[-1])

    wiring.PLATFORMS[platform] = made
    settings = load_settings(overrides={"data.folder": str(folder), "commons.enabled": False})
    async with wiring.open_ground(settings) as ground:
        rooms = wiring.build_rooms(ground, public_url="http://127.0.0.1:9")
        watch = Watch(folder / "horde.db")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(rooms.runner.run())
                figures = await _play(double, timed[0], watch, burst=burst, steady_s=steady_s, commands=commands)
                await rooms.runner.stop()
        finally:
            watch.close()
            await asyncio.to_thread(double.close)
    return figures


async def _play(
    double: DoubleProcess, timed: Timed, watch: Watch, *, burst: int, steady_s: int, commands: bool
) -> dict[str, float]:
    async def summon(people: list[str]) -> None:
        if commands:
            await asyncio.to_thread(lambda: double.command("draw", by=people, prompt="a red heart", style="icon"))
        else:
            await asyncio.to_thread(lambda: double.say(*[TEXT] * len(people), by=people))

    async def until(seen: dict[str, float], count: int) -> None:
        ends = time.monotonic() + PATIENCE_S
        while len(seen) < count and time.monotonic() < ends:  # noqa: ASYNC110 - another thread counts
            await asyncio.sleep(0.02)

    await summon(["first"])
    await until(watch.queued_s, 1)
    before_mb = watch.rss_mb
    began_s = time.time()
    await summon([f"p{number}" for number in range(burst)])
    await until(watch.stored_s, burst + 1)
    await until(watch.queued_s, burst + 1)
    figures = {
        "stored_s": max(watch.stored_s.values()) - began_s,
        "queued_s": max(watch.queued_s.values()) - began_s,
        "lost": burst + 1 - len(watch.stored_s),
        "growth_mb": watch.rss_mb - before_mb,
    }
    if commands:
        waits = await asyncio.to_thread(double.acknowledged_ms)
        figures["unacknowledged"] = sum(1 for one in waits if one is None)
        figures["acknowledged_s"] = max(one or 0 for one in waits) / 1e3
    await asyncio.sleep(2)
    done = set(watch.queued_s)
    begins = time.monotonic()
    for number in range(steady_s * PER_S):
        await asyncio.sleep(max(begins + number / PER_S - time.monotonic(), 0))
        await summon([f"s{number}"])
    await until(watch.queued_s, burst + 1 + steady_s * PER_S)
    waits_s = [watch.queued_s[one] - timed.heard_s[one] for one in watch.queued_s if one not in done]
    figures["steady_p50_ms"] = 1e3 * percentile(waits_s, 0.5)
    figures["steady_p99_ms"] = 1e3 * percentile(waits_s, 0.99)
    figures["steady_lost"] = steady_s * PER_S - len(waits_s)
    return figures


TARGETS = {
    "stored_s": ("s", "under 10 s"),
    "queued_s": ("s", ""),
    "lost": ("summonses", "0"),
    "growth_mb": ("MB", "under 60 MB"),
    "unacknowledged": ("commands", "0"),
    "acknowledged_s": ("s at most", "under 3 s"),
    "steady_p50_ms": ("ms p50", ""),
    "steady_p99_ms": ("ms p99", "under 200 ms"),
    "steady_lost": ("summonses", "0"),
}


def main() -> None:
    """Plays each platform in a process of its own, for its memory, and prints."""
    options = parser("Many summonses on each platform's double")
    options.add_argument("--only", choices=(*PLATFORMS, "discord_commands"))
    options.add_argument("--inside", action="store_true", help="play --only in this process and print raw figures")
    asked = options.parse_args()
    if asked.inside:
        logging.disable(logging.INFO)
        with tempfile.TemporaryDirectory() as folder:
            figures = asyncio.run(
                scene(
                    asked.only.partition("_")[0],
                    burst=300 if asked.quick else 1_000,
                    steady_s=3 if asked.quick else 15,
                    folder=Path(folder) / "data",
                    commands=asked.only == "discord_commands",
                )
            )
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    found: list[Figure] = []
    for name in (asked.only,) if asked.only else (*PLATFORMS, "discord_commands"):
        command = [sys.executable, "-m", "tests.benchmarks.bots", "--inside", "--only", name]
        done = subprocess.run(
            [*command, *(["--quick"] if asked.quick else [])], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
        )
        figures = json.loads(done.stdout.splitlines()[-1])
        found += [
            Figure(name=f"{name}_{key}", value=float(value), unit=TARGETS[key][0], target=TARGETS[key][1])
            for key, value in figures.items()
        ]
    report(found, as_json=asked.json)


if __name__ == "__main__":
    main()
