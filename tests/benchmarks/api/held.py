"""`held_pops`: 5,000 workers that wait on one process for work, and how soon a new job is with one of them."""

from typing import Final

from tests.benchmarks.api.served import bare, database, load, ours, people
from tests.benchmarks.engine_ground import scratch
from tests.benchmarks.harness import Figure

WORKERS: Final = 5_000
WORKERS_QUICK: Final = 1_000
MODELS: Final = tuple(f"model{number:02}" for number in range(50))
OWNERS: Final = 50
LIMITS: Final = {"HORDE_VOLUNTEERS_WORKERS_MAX_TRUSTED": str(WORKERS // OWNERS)}


async def held_pops(*, quick: bool) -> list[Figure]:
    """CPU while nothing happens, memory (also of one held pop, beside the bare app's), and the way of a new job."""
    workers = WORKERS_QUICK if quick else WORKERS
    plan = {"workers": workers, "models": MODELS, "ramp_s": workers / 400, "idle_s": 4.0 if quick else 8.0}
    with scratch() as folder, database("sqlite", folder) as (url, _):
        askers = await people(url, ["asker"])
        owners = await people(url, [f"owner {number}" for number in range(OWNERS)], trusted=True)
        with ours(url, folder, **LIMITS) as server:
            mine = load(server, "held", askers=askers, owners=owners, jobs=150 if quick else 300, **plan)
    with bare("none", "-") as other:
        floor = load(other, "held", askers=["-"], owners=["-"], jobs=0, **plan)
    return [
        Figure(
            name="held_pops_idle", value=100 * mine["cpu_share"], unit="% of a core",
            floor=100 * floor["cpu_share"] or None, target="under 2",
        ),
        Figure(name="held_pops_rss", value=mine["rss_mb"], unit="MB", floor=floor["rss_mb"], target="under 300"),
        Figure(name="held_pops_each", value=mine["pop_kb"], unit="kB", floor=floor["pop_kb"]),
        Figure(name="held_pops_p99", value=mine["p99_ms"], unit="ms", target="under 50"),
        Figure(name="held_pops_p50", value=mine["p50_ms"], unit="ms"),
        Figure(name="held_pops_renewed", value=mine["renewed"], unit="pops while idle"),
    ]  # fmt: skip
