"""The API over HTTP: whole cycles, held pops, empty pops and checks.

`python -m tests.benchmarks.api [--quick] [--json] [--only NAME]`; NAME is the beginning of a figure's name. Server,
load and floor are processes of their own; each floor is measured in the same run as the value.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from tests.benchmarks.api import cheap, cycle, held
from tests.benchmarks.harness import Figure, parser, report

Measure = Callable[..., Awaitable[list[Figure]]]
FIGURES: Final[dict[str, Measure]] = {
    "api_cycle_sqlite": partial(cycle.cycle, "sqlite"),
    "api_cycle_postgres": partial(cycle.cycle, "postgres"),
    "empty_pop_sqlite": partial(cheap.empty_pop, "sqlite"),
    "empty_pop_postgres": partial(cheap.empty_pop, "postgres"),
    "check_sqlite": partial(cheap.check, "sqlite"),
    "check_postgres": partial(cheap.check, "postgres"),
    "held_pops": held.held_pops,
}


def main() -> None:
    """Measures and prints, figure by figure."""
    options = parser("The API over HTTP")
    options.add_argument("--only", default="", help="the beginning of a figure's name")
    asked = options.parse_args()
    for name, measure in FIGURES.items():
        if name.startswith(asked.only) or asked.only.startswith(name):
            report(asyncio.run(_figures(measure, quick=asked.quick)), as_json=asked.json)


async def _figures(measure: Measure, *, quick: bool) -> list[Figure]:
    return await measure(quick=quick)


if __name__ == "__main__":
    main()
