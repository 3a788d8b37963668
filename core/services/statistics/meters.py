"""Meters: what this process counts for itself, in plain numbers that anyone may read."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final


class Meter:
    """Counts that only grow, one for each set of labels. Each is written by one thread and read by any."""

    __slots__ = ("_counts", "labels")

    def __init__(self, *labels: str) -> None:
        """Begin with nothing counted. labels: their names, in the order in which ``count`` takes the values."""
        self.labels = labels
        self._counts: dict[tuple[str, ...], int] = {}

    def count(self, *values: str, by: int = 1) -> None:
        """Count one more (or ``by`` more) under these labels."""
        self._counts[values] = self._counts.get(values, 0) + by

    def read(self) -> Mapping[tuple[str, ...], int]:
        """Return the counts so far."""
        return dict(self._counts)


class Spread:
    """How many values fell into which class, and their sum. Written by one thread, read by any."""

    __slots__ = ("_counts", "bounds", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        """Begin with nothing seen. bounds: the classes' upper bounds, rising; one more class is above the last."""
        self.bounds = tuple(bounds)
        self.sum = 0.0
        self._counts = [0] * (len(self.bounds) + 1)

    def note(self, value: float) -> None:
        """Take in a value."""
        self.sum += value
        self._counts[bisect_left(self.bounds, value)] += 1

    def read(self) -> Sequence[int]:
        """Return the number of values in each class so far."""
        return tuple(self._counts)


NOTHING_WAITS: Final = "nothing_waits"
"""The reason of an empty pop that skipped nothing."""


class Meters:
    """The meters of one process."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.pops = Meter("kind", "found")
        self.empty_pops = Meter("kind", "reason")
        self.submits = Meter("kind", "state")
        self.loop_runs = Meter("loop")
        self.loop_failures = Meter("loop")

    def popped(self, kind: str, *, jobs: int, skipped: Mapping[str, int]) -> None:
        """Count the answer to a pop; an empty one under every reason for which it left jobs where they were."""
        self.pops.count(kind, "yes" if jobs else "no")
        if not jobs:
            for reason in [reason for reason, count in skipped.items() if count] or [NOTHING_WAITS]:
                self.empty_pops.count(kind, reason)
