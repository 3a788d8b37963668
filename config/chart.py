"""The chart of waiting time against kudos; the one place that knows matplotlib, which the extra `charts` brings."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.domain.queue.simulation import AskerKind
from core.domain.queue.waits import Band, Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENDINGS = (".png", ".svg")
INK, ACCOUNTS, OTHERS, PALE = "#1f2933", "#1f5fa8", "#b4541a", "#8a94a0"
NAMES = {AskerKind.ANONYMOUS: "anonymous", AskerKind.GUEST: "guests"}
FLAT_KUDOS = 10
"""Around zero the scale is linear up to about here."""
TICKS_KUDOS = (-100_000, -10_000, -1_000, -100, 0, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)


def draw_waits(
    path: Path, *, title: str, told: str, bands: Sequence[Band], points: Sequence[Point], life_ms: int
) -> None:
    """The chart is in the file, as PNG or SVG by its ending.

    told: the line under the title. life_ms: when a request ends that nobody has taken. Raises ImportError without
    matplotlib, OSError where the file cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.ticker import MaxNLocator

    with mpl.rc_context({"font.size": 11, "font.family": "DejaVu Sans", "svg.fonttype": "none", "text.color": INK}):
        layout = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15)
        figure = Figure(figsize=(10, 5.8), dpi=150, layout=layout, facecolor="white")
        axes = figure.add_subplot()
        longest_ms = max([point.p95_ms for point in points] + [band.p95_ms or 0 for band in bands], default=0)
        in_minutes = longest_ms >= 120_000
        unit_ms = 60_000 if in_minutes else 1_000
        ticks = _curve(axes, points, unit_ms) + _others(axes, bands, points, unit_ms)
        axes.set_xticks([place for place, _ in ticks], labels=[label for _, label in ticks])
        if longest_ms > 0.8 * life_ms:
            axes.axhline(life_ms / unit_ms, color=PALE, linewidth=1.2, linestyle=(0, (5, 4)))
            words = f"after {life_ms / unit_ms:,.0f} {'min' if in_minutes else 's'} a request that nobody took ends"
            axes.annotate(
                words,
                (1, life_ms / unit_ms),
                (-4, 5),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                ha="right",
                color=PALE,
                fontsize=10,
            )
        axes.set_ylim(0, max(longest_ms * 1.1, 1_000) / unit_ms)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
        if ticks:
            places = [place for place, _ in ticks]
            axes.set_xlim(min(places) - 0.6, None if points else max(places) + 0.6)
        axes.set_xlabel("kudos of the account when it asked (below zero: debt)", labelpad=8)
        axes.set_ylabel(f"wait until a worker takes the job ({'minutes' if in_minutes else 'seconds'})", labelpad=8)
        axes.set_title(title, loc="left", fontsize=15, fontweight="bold", pad=30)
        axes.annotate(told, (0, 1), (0, 12), xycoords="axes fraction", textcoords="offset points", fontsize=10.5)
        axes.grid(axis="y", color="#e3e7eb", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.01, 1.075), ncols=2, borderaxespad=0)
        figure.savefig(path, format=path.suffix.lower().removeprefix("."))


def _curve(axes: "Axes", points: Sequence[Point], unit_ms: int) -> list[tuple[float, str]]:
    """Draws the accounts; returns (place, label) of the ticks of kudos around them."""
    places = [_place(point.kudos) for point in points]
    medians = [point.median_ms / unit_ms for point in points]
    upper = [point.p95_ms / unit_ms for point in points]
    axes.fill_between(places, medians, upper, color=ACCOUNTS, alpha=0.16, linewidth=0, label="95 of 100 wait less")
    axes.plot(places, upper, color=ACCOUNTS, alpha=0.45, linewidth=1)
    axes.plot(places, medians, color=ACCOUNTS, linewidth=2.4, marker="o", markersize=4, label="half wait less")
    if not places:
        return []
    low, high = places[0] - 0.35, places[-1] + 0.35
    return [(_place(kudos), _short(kudos)) for kudos in TICKS_KUDOS if low <= _place(kudos) <= high]


def _others(axes: "Axes", bands: Sequence[Band], points: Sequence[Point], unit_ms: int) -> list[tuple[float, str]]:
    """Draws guests and the anonymous account left of all kudos; returns their (place, label)."""
    left = min([_place(point.kudos) for point in points], default=0.0)
    ticks = []
    shown = [band for band in bands if band.kind in NAMES]
    for number, band in enumerate(shown):
        place = left - 1.0 * (len(shown) - number) - 0.1
        ticks.append((place, NAMES[band.kind]))
        if band.median_ms is None or band.p95_ms is None:
            axes.annotate(
                "none served",
                (place, 0),
                (0, 6),
                textcoords="offset points",
                ha="center",
                color=OTHERS,
                rotation=90,
                fontsize=10,
            )
            continue
        median, upper = band.median_ms / unit_ms, band.p95_ms / unit_ms
        axes.vlines(place, median, upper, color=OTHERS, alpha=0.35, linewidth=9)
        axes.plot([place], [median], color=OTHERS, marker="o", markersize=8, linestyle="none")
    if shown and points:
        axes.axvline(left - 0.55, color="#d5dade", linewidth=1)
    return ticks


def _place(kudos: float) -> float:
    """Where kudos stand on the axis: logarithmic on both sides of zero."""
    return math.copysign(math.log10(1 + abs(kudos) / FLAT_KUDOS), kudos)


def _short(kudos: int) -> str:
    """Kudos as a tick says them: 0, 100, 1k, 10k, 1M."""
    size = abs(kudos)
    words = f"{size // 1_000_000}M" if size >= 1_000_000 else f"{size // 1_000}k" if size >= 1_000 else str(size)
    return f"−{words}" if kudos < 0 else words
