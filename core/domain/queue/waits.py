"""What a simulation says about waiting: by bands of kudos for a table, and as a curve for a chart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.queue.simulation import AskerKind, Simulated

EDGES_KUDOS = (-1_000, -100, 0, 100, 1_000, 10_000, 100_000)
"""Where one band of kudos ends and the next begins."""
CURVE_POINTS = 32
POINT_REQUESTS_MIN = 20
"""A point of the curve stands for at least this many requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Those who own about as much: their requests and their waits in ms.

    least_kudos, most_kudos: from the one (included) up to the other; None is without end, and so are guests' and the
    anonymous account's. median_ms, p95_ms: of those that were served; None if none was. served: share of 1.
    """

    kind: AskerKind
    least_kudos: int | None
    most_kudos: int | None
    requests: int
    median_ms: int | None
    p95_ms: int | None
    served: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of the curve: what those around these kudos (the middle one's) wait, in ms."""

    kudos: float
    median_ms: int
    p95_ms: int


def bands(simulated: Simulated) -> list[Band]:
    """Return the bands that anybody asked from: the anonymous account, guests, then accounts from the poorest up."""
    waits: dict[tuple[AskerKind, int], list[int | None]] = {}
    for number, waited_ms in simulated.waits:
        asker = simulated.askers[number]
        place = 0
        if asker.kind is AskerKind.ACCOUNT:
            place = sum(asker.kudos_mk >= edge * MK_PER_KUDOS for edge in EDGES_KUDOS)
        waits.setdefault((asker.kind, place), []).append(waited_ms)
    order = (AskerKind.ANONYMOUS, AskerKind.GUEST, AskerKind.ACCOUNT)
    return [_band(*key, waits[key]) for key in sorted(waits, key=lambda key: (order.index(key[0]), key[1]))]


def curve(simulated: Simulated) -> list[Point]:
    """Return the curve of the accounts' waits over their kudos, from equally many served requests a point.

    Everyone with the same kudos is in the same point, so that no kudos appear twice.
    """
    served = sorted(
        (simulated.askers[number].kudos_mk, waited_ms)
        for number, waited_ms in simulated.waits
        if waited_ms is not None and simulated.askers[number].kind is AskerKind.ACCOUNT
    )
    size = max(POINT_REQUESTS_MIN, ceil(len(served) / CURVE_POINTS))
    points, begin = [], 0
    while begin < len(served):
        end = min(begin + size, len(served))
        while end < len(served) and served[end][0] == served[end - 1][0]:
            end += 1
        if len(served) - end < size // 2:
            end = len(served)
        waits = sorted(waited_ms for _, waited_ms in served[begin:end])
        points.append(
            Point(
                kudos=served[(begin + end) // 2][0] / MK_PER_KUDOS,
                median_ms=_percentile(waits, 0.5),
                p95_ms=_percentile(waits, 0.95),
            )
        )
        begin = end
    return points


def _band(kind: AskerKind, place: int, waits: Iterable[int | None]) -> Band:
    """Return the band at this place between the edges."""
    asked = list(waits)
    served = sorted(waited_ms for waited_ms in asked if waited_ms is not None)
    accounts = kind is AskerKind.ACCOUNT
    return Band(
        kind=kind,
        least_kudos=EDGES_KUDOS[place - 1] if accounts and place else None,
        most_kudos=EDGES_KUDOS[place] if accounts and place < len(EDGES_KUDOS) else None,
        requests=len(asked),
        median_ms=_percentile(served, 0.5) if served else None,
        p95_ms=_percentile(served, 0.95) if served else None,
        served=len(served) / len(asked),
    )


def _percentile(ordered: Sequence[int], share: float) -> int:
    """Return the nearest-rank percentile of ordered values, of which there is at least one."""
    return ordered[min(len(ordered) - 1, max(0, ceil(share * len(ordered)) - 1))]
