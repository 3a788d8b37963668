"""What every benchmark shares: its two options, and a figure printed beside the floor of the same run."""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value; `floor` is what a bare program needs for the same work in the same run."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    target: str = ""

    @property
    def ratio(self) -> float | None:
        """The value over its floor; None where there is no floor."""
        return self.value / self.floor if self.floor else None


def parser(description: str) -> argparse.ArgumentParser:
    """The options of every benchmark."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--quick", action="store_true", help="fewer rounds, under 45 seconds")
    made.add_argument("--json", action="store_true", help="one JSON object a line")
    return made


def report(figures: Sequence[Figure], *, as_json: bool) -> None:
    """Prints the figures, as a table or as one JSON object a line."""
    for figure in figures:
        if as_json:
            row = {
                "name": figure.name,
                "value": round(figure.value, 4),
                "unit": figure.unit,
                "floor": None if figure.floor is None else round(figure.floor, 4),
                "ratio": None if figure.ratio is None else round(figure.ratio, 4),
            }
            sys.stdout.write(json.dumps(row) + "\n")
            continue
        floor = "" if figure.floor is None else f"  floor {figure.floor:.3f} {figure.unit}  ratio {figure.ratio:.3f}"
        target = f"  (target: {figure.target})" if figure.target else ""
        sys.stdout.write(f"{figure.name:<20} {figure.value:>10.3f} {figure.unit:<12}{floor}{target}\n")
    sys.stdout.flush()


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of the values; `share` in 0..1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]
