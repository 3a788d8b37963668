"""The engine on both stores: whole cycles, pops in a long queue, one busy account, several processes, memory.

`python -m tests.benchmarks.engine [--quick] [--json] [--only NAME]`; NAME is the beginning of a figure's name. A long
queue is 1,000,000 waiting jobs (100,000 with `--quick`), a short one 1,000; they are filled once and kept outside the
tree. Each floor is measured in the same run, in turns with the value.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from tests.benchmarks import engine_cycle, engine_growth, engine_scale, engine_statements
from tests.benchmarks.engine_ground import COPY_JOBS, ground
from tests.benchmarks.harness import Figure, parser, report

STORES: Final = ("sqlite", "postgres")
LONG: Final = 1_000_000
LONG_QUICK: Final = 100_000


async def growth(store: str, *, quick: bool) -> list[Figure]:
    """A short queue and a long one of the same store."""
    long = LONG_QUICK if quick else LONG
    async with ground(store, waiting=COPY_JOBS) as small, ground(store, waiting=long) as large:
        return await engine_growth.pop_growth(small, large, quick=quick)


async def rss(store: str, *, quick: bool) -> list[Figure]:
    """A process of its own beside a long queue."""
    async with ground(store, waiting=LONG_QUICK if quick else LONG) as large:
        return await asyncio.to_thread(engine_scale.rss_million, large.url, store=store, quick=quick)


async def scale_out(store: str, *, quick: bool) -> list[Figure]:
    """Several processes on one PostgreSQL with a long queue."""
    async with ground(store, waiting=LONG_QUICK) as large:
        return await asyncio.to_thread(engine_scale.scale_out, large.url, quick=quick)


async def statements(store: str, *, quick: bool) -> list[Figure]:
    """What a use case says to the database; the same in any run."""
    async with ground(store) as opened:
        return await engine_statements.statements(opened)


Measured = Callable[..., Awaitable[list[Figure]]]
FIGURES: Final[dict[str, tuple[Measured, tuple[str, ...]]]] = {
    "cycle": (engine_cycle.cycle, STORES),
    "statements": (statements, STORES),
    "hot_account": (engine_cycle.hot_account, STORES),
    "pop_growth": (growth, STORES),
    "scale_out": (scale_out, ("postgres",)),
    "rss": (rss, STORES),
}


def main() -> None:
    """Measures and prints, figure by figure."""
    options = parser("The engine on both stores")
    options.add_argument("--only", default="", help="the beginning of a figure's name")
    asked = options.parse_args()
    for name, (measure, stores) in FIGURES.items():
        for store in stores:
            if f"{name}_{store}".startswith(asked.only) or asked.only.startswith(f"{name}_{store}"):
                report(asyncio.run(_figures(measure, store, quick=asked.quick)), as_json=asked.json)


async def _figures(measure: Measured, store: str, *, quick: bool) -> list[Figure]:
    return await measure(store, quick=quick)


if __name__ == "__main__":
    main()
