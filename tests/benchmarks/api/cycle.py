"""`api_cycle_*`: whole cycles over HTTP, beside the bare app's in the same run, in turns.

A cycle: an order for one picture of 64 x 64 pixels is accepted, a worker pops it and hands its picture in (as base64 in
the submit, which checks and stores it with its sidecar), and its author takes the status. Three COMMITs of ours, and
three of the floor's. The pictures lie in memory, as those of a bucket would lie elsewhere; with `_disk` on the disk,
where each makes four more fsyncs that the floor does not.
"""

import math
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.api.served import Measured, bare, database, load, memory, ours, people, smallest_picture
from tests.benchmarks.engine_ground import scratch
from tests.benchmarks.harness import Figure, percentile

CLIENTS: Final = (8, 1, 32)
PUBLIC_CYCLES_S: Final = 8
"""What public AI Horde does on such a machine, whatever the number of clients."""
ROUNDS: Final = 3
WORKERS_EACH: Final = 4
"""Workers of one owner."""


async def cycle(store: str, *, quick: bool) -> list[Figure]:
    """Cycles a second at 8 clients (and 1, and 32), and CPU a job of the server process and with the database."""
    rounds, seconds = (1, 2.0) if quick else (ROUNDS, 4.0)
    figures: list[Figure] = []
    with scratch() as folder, database(store, folder) as (url, pids), database(store, _made(folder / "bare")) as other:
        plan: dict[str, Any] = {"picture": smallest_picture(), "seconds": seconds}
        plan["askers"] = await people(url, [f"asker {number}" for number in range(max(CLIENTS))])
        owners = [f"owner {number}" for number in range(max(CLIENTS) // WORKERS_EACH)]
        plan["owners"] = await people(url, owners, trusted=True)
        place = other[0].removeprefix("sqlite:///")
        name = f"api_cycle_{store}"
        with bare(store, place, *other[1]) as floor:

            def rounds_of(server: Measured, clients: int) -> list[tuple[Any, Any]]:
                both = (server, floor)
                found = [[load(one, "cycles", clients=clients, **plan) for one in both] for _ in range(rounds)]
                return [(mine, bare_one) for mine, bare_one in found]

            with memory() as pictures, ours(url, pictures, *pids) as server:
                for clients in CLIENTS:
                    figures += _figures(name, clients, rounds_of(server, clients))
            with ours(url, folder, *pids) as server:
                figures += _figures(f"{name}_disk", CLIENTS[0], rounds_of(server, CLIENTS[0]))
    return figures


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _figures(name: str, clients: int, found: list[tuple[Any, Any]]) -> list[Figure]:
    """The medians of the rounds."""
    full = name if clients == CLIENTS[0] else f"{name}_{clients}"
    ours_s = percentile([mine["cycles_s"] for mine, _ in found], 0.5)
    floor_s = percentile([floor["cycles_s"] for _, floor in found], 0.5)
    cpu_ms, all_ms, floor_ms, floor_all_ms = (
        percentile([sum(one["cpu_ms"][:end]) for one in those], 0.5)
        for those in ([mine for mine, _ in found], [floor for _, floor in found])
        for end in (1, None)
    )
    target = "at least 0.25 of the floor" if clients == CLIENTS[0] else ""
    public = percentile([mine["cycles_s"] for mine, _ in found], 0.5) / PUBLIC_CYCLES_S
    figures = [
        Figure(name=full, value=ours_s, unit="cycles/s", floor=floor_s, target=target),
        Figure(name=f"{full}_public", value=public, unit="x", target="at least 25" if clients >= CLIENTS[0] else ""),
        Figure(name=f"{full}_cpu", value=cpu_ms, unit="ms/job", floor=floor_ms, target="at most 4"),
    ]
    if not math.isclose(cpu_ms, all_ms):
        figures.append(
            Figure(name=f"{full}_cpu_db", value=all_ms, unit="ms/job", floor=floor_all_ms, target="at most 7")
        )
    p50_ms, floor_p50_ms = (percentile([one["p50_ms"] for one in those], 0.5) for those in zip(*found, strict=True))
    figures.append(Figure(name=f"{full}_p50", value=p50_ms, unit="ms", floor=floor_p50_ms))
    return figures
