"""`empty_pop_*` and `check_*`: what is asked most often, beside a queue of 100,000 jobs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.api.load import POP, pop_of
from tests.benchmarks.api.served import Measured, load, ours, people
from tests.benchmarks.api.talk import raw
from tests.benchmarks.engine_ground import MODELS, Ground, ground, scratch, server
from tests.benchmarks.harness import Figure
from tests.core.scene import draft

WAITING: Final = 100_000
IDS: Final = 2_000
CLIENTS: Final = 8
FOREIGN: Final = tuple(f"foreign{number:02}" for number in range(len(MODELS)))


async def empty_pop(store: str, *, quick: bool) -> list[Figure]:
    """CPU of a pop that finds no job among 100,000: of a worker with other models, and of one for small pictures."""
    figures: list[Figure] = []
    async with _beside_queue(store) as (measured, _, owners):
        for name, models, pixels in (("models", FOREIGN, 2**22), ("size", MODELS, 64 * 64)):
            pops = [
                raw(
                    "POST",
                    POP,
                    key=owners[number % len(owners)],
                    message=pop_of(f"empty {number}", models=models, pixels=pixels),
                )
                for number in range(CLIENTS)
            ]
            said = _load(measured, pops, holds='"id":null', quick=quick)
            figures += _figures(f"empty_pop_{store}_{name}", said, target="under 3")
    return figures


async def check(store: str, *, quick: bool) -> list[Figure]:
    """CPU of a check, and checks a second, over many ids of waiting requests; beside a bare app's GET."""
    async with _beside_queue(store) as (measured, opened, _):
        ids = await _asked(opened)
        checks = [raw("GET", f"/api/v2/generate/check/{request_id}") for request_id in ids]
        said = _load(measured, checks, holds='"waiting":1', quick=quick)
    return _figures(f"check_{store}", said, target="under 0.5")


async def _asked(opened: Ground) -> list[str]:
    """The ids of new requests at the end of the queue."""
    scene = opened.scene
    asker = (await scene.account("the one who checks", kudos=1_000)).account.id
    ids: list[str] = []
    for first in range(0, IDS, 50):
        several = [
            scene.ask(asker, draft(f"{first + number}", models=(MODELS[number],))) for number in range(len(MODELS))
        ]
        ids += [accepted.request_id for accepted in await asyncio.gather(*several)]
    return ids


@asynccontextmanager
async def _beside_queue(store: str) -> AsyncIterator[tuple[Measured, Ground, list[str]]]:
    """A server on a queue of 100,000 jobs, and keys of owners of workers."""
    async with ground(store, waiting=WAITING) as opened:
        owners = await people(opened.url, ["owner 0", "owner 1"], trusted=True)
        with scratch() as folder, ours(opened.url, Path(folder), *_pids(store)) as measured:
            yield measured, opened, owners


def _pids(store: str) -> tuple[int, ...]:
    return (server().pid,) if store == "postgres" else ()


def _load(measured: Measured, requests: list[bytes], *, holds: str, quick: bool) -> Any:
    return load(
        measured,
        "repeated",
        requests=[one.hex() for one in requests],
        clients=CLIENTS,
        holds=holds,
        seconds=2.0 if quick else 5.0,
    )


def _figures(name: str, said: Any, *, target: str) -> list[Figure]:
    """CPU of the server process a call, with the database where that is another, and calls a second."""
    figures = [
        Figure(name=f"{name}_cpu", value=said["cpu_ms"][0], unit="ms/call", target=target),
        Figure(name=f"{name}_rate", value=said["calls_s"], unit="calls/s"),
    ]
    if len(said["cpu_ms"]) > 1:
        figures.append(Figure(name=f"{name}_cpu_db", value=sum(said["cpu_ms"]), unit="ms/call"))
    return figures
