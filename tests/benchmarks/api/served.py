"""The processes that are measured: `horde up` with some of its parts, and the bare app; and the load beside them."""

import base64
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image

from config.wiring import MIGRATIONS
from core.ports.clock import SystemClock
from core.services.people.register import register
from core.store import open_store
from core.store.migrate import upgrade
from tests.benchmarks.engine_ground import server
from tests.e2e.processes import ROOT, UpProcess, clean_environment

SECRET: Final = "5e" * 32
SETTINGS: Final = {
    "HORDE_DATA_SECRET": SECRET,
    "HORDE_SERVER_PUBLIC_URL": "https://horde.example.org",
    "HORDE_API_RATE_LIMITS": "off",
    "HORDE_COMMONS_ENABLED": "false",
    "HORDE_MODELS_DEFAULT_MODELS": "bench",
}
KUDOS: Final = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A server that runs. pids: its process, and the database's where that has one of its own."""

    url: str
    pids: tuple[int, ...]


@contextmanager
def database(store: str, folder: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The URL of an empty database, and its server's processes."""
    if store == "sqlite":
        yield f"sqlite:///{folder / 'horde.db'}", ()
        return
    with server().database() as url:
        yield url, (server().pid,)


async def people(url: str, names: Sequence[str], *, trusted: bool = False) -> list[str]:
    """The API keys of new accounts with kudos, made in the database before a server opens it."""
    upgrade(url, MIGRATIONS)
    uow = await open_store(url, clock=SystemClock(), key_secret=SECRET)
    try:
        now_ms = SystemClock().now_ms()
        made = [
            await uow.write(
                lambda tx, name=name: register(  # type: ignore[misc] # bound now
                    tx, name=name, trusted=trusted, kudos_mk=KUDOS * 1_000, now_ms=now_ms
                )
            )
            for name in names
        ]
        return [one.api_key for one in made]
    finally:
        await uow.aclose()


@contextmanager
def memory() -> Iterator[Path]:
    """A folder in memory, where there is one: pictures that lie there stand for those in a bucket elsewhere."""
    there = Path("/dev/shm")  # noqa: S108 - nothing there is meant to last
    with tempfile.TemporaryDirectory(dir=there if there.is_dir() else None) as folder:
        yield Path(folder)


@contextmanager
def ours(url: str, folder: Path, *database_pids: int, **settings: str) -> Iterator[Measured]:
    """A process that is only the API; its pictures and its log lie in the folder."""
    env = SETTINGS | {"HORDE_DATA_DATABASE_URL": url} | settings
    up = UpProcess(folder / "data", env=env, options=("--only", "api"))
    up.start()
    try:
        assert up.process
        yield Measured(url=up.url, pids=(up.process.pid, *database_pids))
    finally:
        up.stop()


@contextmanager
def bare(kind: str, place: str, *database_pids: int) -> Iterator[Measured]:
    """A process that is only the bare app; place: of ``sqlite`` or ``postgres``, kind ``none`` commits nothing."""
    command = [sys.executable, "-m", "tests.benchmarks.api.bare", kind, place]
    with subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield Measured(url=process.stdout.readline().strip(), pids=(process.pid, *database_pids))
        finally:
            process.terminate()


def load(measured: Measured, what: str, **plan: object) -> Any:
    """What the load process says of the plan."""
    full = {"what": what, "url": measured.url, "pids": measured.pids} | plan
    command = [sys.executable, "-m", "tests.benchmarks.api.load"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=clean_environment(),
        input=json.dumps(full),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def smallest_picture() -> str:
    """A WebP of 64 x 64 pixels of one colour, as base64: what stands for a worker's picture."""
    body = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(body, "WEBP", quality=1)
    return base64.b64encode(body.getvalue()).decode()
