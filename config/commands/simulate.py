"""`horde simulate`: how long who would wait at a given load, as a table and as a chart."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from config.commands.common import MK, add_settings_options, settings_of
from config.settings import Settings
from core.domain.errors import InvalidRequest, Unavailable
from core.domain.policy import QueuePolicy
from core.domain.queue.simulation import (
    LIMITS,
    Asker,
    AskerKind,
    Simulated,
    SimulationPlan,
    sample_askers,
    simulate,
)
from core.domain.queue.waits import Band, bands, curve

HELP = "Show how waiting depends on kudos at a given load, in a table and a chart."
CHART = Path("horde-waits.png")
ASKERS_MAX = 20_000
PEOPLE_MIN = 4
"""With fewer accounts than this, the anonymous one among them, a horde has no balances to speak of."""
OPTIONS = {
    "load": (float, "what is asked for over what the workers can do; above 1 somebody stays without"),
    "workers": (int, "machines that take one job at a time"),
    "job_s": (float, "seconds that a job takes on the average"),
    "price": (int, "kudos that a job costs"),
    "requests": (int, "how many requests are counted"),
    "seed": (int, "the same seed gives the same table"),
}


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `horde simulate`."""
    usual = SimulationPlan()
    for name, (kind, told) in OPTIONS.items():
        least, most, _ = LIMITS[name]
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            default=getattr(usual, name),
            metavar="N",
            help=f"{told}; {least:,} to {most:,} (default %(default)s)",
        )
    parser.add_argument(
        "--balances",
        choices=("auto", "horde", "sample"),
        default="auto",
        help="whose kudos: the horde's own accounts, a made-up sample, or (auto) the horde's where there is one",
    )
    parser.add_argument(
        "--chart", type=Path, default=CHART, metavar="FILE", help="PNG or SVG by its ending (default %(default)s)"
    )
    parser.add_argument("--no-chart", action="store_true", help="print the table only")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    add_settings_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Simulates, prints the table, draws the chart. Reads balances and writes nothing but the chart."""
    from config.wiring import queue_policy

    plan = SimulationPlan(**{name: getattr(arguments, name) for name in OPTIONS})
    chart: Path | None = None if arguments.no_chart else arguments.chart
    if chart is not None:
        _check_chart(chart)
    settings = settings_of(arguments)
    policy = queue_policy(settings)
    askers, whose = _askers(settings, arguments.balances)
    simulated = simulate(plan, askers, policy)
    found = bands(simulated)
    drawn = chart is not None and _draw(chart, plan, simulated, found, whose=whose, policy=policy)
    if arguments.json:
        sys.stdout.write(json.dumps(_row(plan, simulated, found, whose=whose, policy=policy)) + "\n")
    else:
        for line in _lines(plan, simulated, found, whose=whose, policy=policy):
            sys.stdout.write(line + "\n")
        if drawn:
            sys.stdout.write(f"Chart      {chart}\n")
    if chart is not None and not drawn:
        sys.stderr.write("No chart was drawn: it needs matplotlib. Get it with: pip install 'horde-suite[charts]'\n")
    return 0


def _check_chart(chart: Path) -> None:
    """Raises InvalidRequest for a file that no chart can be drawn into."""
    from config.chart import ENDINGS

    if chart.suffix.lower() not in ENDINGS:
        raise InvalidRequest(
            f"--chart {chart}: the ending says the format; give a file that ends in .png or .svg, such as {CHART}.",
            field="chart",
        )
    if not chart.parent.is_dir():
        raise InvalidRequest(f"--chart {chart}: there is no folder {chart.parent}. Make it first.", field="chart")


def _askers(settings: Settings, wanted: str) -> tuple[Sequence[Asker], str]:
    """Who asks, and whose balances these are."""
    from config.wiring import MIGRATIONS
    from core.store.migrate import is_current, is_empty
    from core.store.urls import shown

    url = settings.database_url
    if wanted == "sample" or (wanted == "auto" and is_empty(url)):
        return sample_askers(), "a made-up sample"
    if is_empty(url):
        raise InvalidRequest(
            f"--balances horde: there is no horde in {shown(url)}. Start one with `horde up`, name its folder with "
            "--data DIR, or take --balances sample.",
            field="balances",
        )
    if not is_current(url, MIGRATIONS):
        raise Unavailable(
            f"{shown(url)} is not at this program's schema. Run `horde db upgrade`, or take --balances sample."
        )
    owners = asyncio.run(_owners(url))
    if wanted == "auto" and len(owners) < PEOPLE_MIN:
        return sample_askers(), "a made-up sample, for this horde has too few accounts"
    return owners, "this horde's accounts"


async def _owners(database_url: str) -> Sequence[Asker]:
    """The accounts of the horde with their balances; its journal is not read, and nothing is written."""
    from core.ports.clock import SystemClock
    from core.store.opening import open_store

    store = await open_store(database_url, clock=SystemClock())
    try:
        crowd = await store.read(lambda tx: tx.accounts.crowd(limit=ASKERS_MAX))
    finally:
        await store.aclose()
    askers = []
    for account in crowd:
        kind = AskerKind.GUEST if account.guest else AskerKind.ACCOUNT
        askers.append(Asker(kind=AskerKind.ANONYMOUS if account.is_anonymous else kind, kudos_mk=account.kudos_mk))
    return askers


def _draw(
    chart: Path, plan: SimulationPlan, simulated: Simulated, found: Sequence[Band], *, whose: str, policy: QueuePolicy
) -> bool:
    """Whether the chart could be drawn; it cannot without matplotlib."""
    from config.chart import draw_waits

    told = f"{_asked(plan, simulated, whose)}; load {plan.load:g}, {plan.workers:,} workers, {plan.job_s:g} s a job"
    try:
        draw_waits(
            chart,
            title=_title(found),
            told=told,
            bands=found,
            points=curve(simulated),
            life_ms=policy.request_lifetime_s * MK,
        )
    except ImportError:
        return False
    except OSError as error:
        raise Unavailable(f"The chart {chart} cannot be written ({error.strerror}). Choose another --chart.") from error
    return True


def _lines(
    plan: SimulationPlan, simulated: Simulated, found: Sequence[Band], *, whose: str, policy: QueuePolicy
) -> list[str]:
    """The table and what it means."""
    lines = [
        f"Simulated  {_asked(plan, simulated, whose)}",
        f"Horde      load {plan.load:g}: {plan.workers:,} workers, {plan.job_s:g} s and {plan.price:,} kudos a job",
        "",
        f"{'kudos':<22}{'requests':>10}{'median wait':>15}{'95 % within':>15}{'served':>9}",
    ]
    for band in found:
        waits = [words(one) if one is not None else "-" for one in (band.median_ms, band.p95_ms)]
        lines.append(f"{label(band):<22}{band.requests:>10,}{waits[0]:>15}{waits[1]:>15}{_share(band.served):>9}")
    return [*lines, "", *_meaning(simulated, found, policy)]


def _meaning(simulated: Simulated, found: Sequence[Band], policy: QueuePolicy) -> list[str]:
    """What the table means in sentences, and what the order guarantees."""
    served = [band for band in found if band.median_ms is not None]
    told = []
    if not _matters(found):
        told.append("Meaning    While workers are free nobody waits, whatever he owns.")
    elif len(served) == 1:
        told.append(f"Meaning    Half of what is served waits less than {words(_median(served[0]))}.")
    elif served:
        slow, fast = max(served, key=_median), min(served, key=_median)
        told.append(
            f'Meaning    Half wait less than {words(_median(slow))} among "{label(slow)}", and less than '
            f'{words(_median(fast))} among "{label(fast)}".'
        )
    lost = sum(waited_ms is None for _, waited_ms in simulated.waits)
    if lost:
        told.append(
            f"           {_share(lost / len(simulated.waits))} of all ran out of time after "
            f"{words(policy.request_lifetime_s * MK)}: more is asked for than these workers can do."
        )
    if simulated.refused:
        told.append(
            f"           {simulated.refused:,} more were refused: their account had {policy.waiting_max} jobs waiting "
            f"(the anonymous one {policy.waiting_anonymous_max})."
        )
    told.append(
        f"Guarantee  No job is taken before another that the same worker could take and that was asked more than "
        f"{words(2 * policy.weight_max_s * MK)} earlier (2 x queue.weight_s); here it was at most "
        f"{words(simulated.overtaken_ms)}."
    )
    return told


def _asked(plan: SimulationPlan, simulated: Simulated, whose: str) -> str:
    """How much was asked by how many."""
    count = len(simulated.askers)
    return f"{plan.requests:,} requests from {count:,} {'asker' if count == 1 else 'askers'} ({whose})"


def _row(
    plan: SimulationPlan, simulated: Simulated, found: Sequence[Band], *, whose: str, policy: QueuePolicy
) -> dict[str, object]:
    """The same as one JSON object; waits in seconds."""
    return {
        "balances": whose,
        "askers": len(simulated.askers),
        **{name: getattr(plan, name) for name in OPTIONS},
        "bands": [
            {
                "band": label(band),
                "requests": band.requests,
                "median_s": None if band.median_ms is None else band.median_ms / MK,
                "p95_s": None if band.p95_ms is None else band.p95_ms / MK,
                "served": round(band.served, 4),
            }
            for band in found
        ],
        "refused": simulated.refused,
        "overtaken_s": simulated.overtaken_ms / MK,
        "overtaken_max_s": 2 * policy.weight_max_s,
    }


def label(band: Band) -> str:
    """The band as people read it."""
    if band.kind is not AskerKind.ACCOUNT:
        return "guests" if band.kind is AskerKind.GUEST else "anonymous"
    if band.least_kudos is None:
        return f"below {band.most_kudos:,}"
    if band.most_kudos is None:
        return f"{band.least_kudos:,} and more"
    return f"{band.least_kudos:,} to {band.most_kudos:,}"


def words(span_ms: int) -> str:
    """A span of time as people read it."""
    if span_ms < 10_000:
        return f"{span_ms / 1_000:.1f} s"
    seconds = round(span_ms / 1_000)
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min {seconds % 60} s" if seconds % 60 else f"{seconds // 60} min"


def _title(found: Sequence[Band]) -> str:
    """What the chart shows, in plain words."""
    if not _matters(found):
        return "While workers are free, nobody waits"
    return "Who has more kudos waits less" if len(found) > 1 else "How long requests wait"


def _matters(found: Sequence[Band]) -> bool:
    """Whether anybody waits at all: over a second, or in vain."""
    return any(band.p95_ms is None or band.p95_ms >= MK or band.served < 1 for band in found)


def _median(band: Band) -> int:
    return band.median_ms or 0


def _share(share: float) -> str:
    """A share in percent: 100 only where it is all."""
    return f"{min(share * 100, 99.9) if share < 1 else 100:.3g} %"
