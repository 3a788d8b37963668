"""Performance: how busy the horde is now, kind by kind."""

from collections import Counter

from core.domain.kinds.kind import Kind
from core.domain.kinds.registry import RULES
from core.domain.queue.lanes import BOUNDLESS, Lane
from core.domain.statistics import KindPerformance, Performance, Period, start_of
from core.ports.store import ReadTransaction, Transaction
from core.services.statistics.crowd import crowd

_MINUTE_MS = 60_000


def performance(tx: ReadTransaction | Transaction, *, now_ms: int, online_s: int) -> Performance:
    """Return what waits, what is in work, what was done in the last whole minute and who is there."""
    minute_ms = start_of(Period.MINUTE, now_ms)
    things: Counter[Kind] = Counter()
    for lane_id, count in tx.lanes.waiting_by_lane(now_ms).items():
        lane = tx.lanes.get(lane_id)
        if lane is not None:
            things[lane.kind] += count * lane_things(lane)
    return Performance(
        kinds={
            one.kind: KindPerformance(
                waiting=one.waiting,
                waiting_things=things[one.kind],
                processing=one.processing,
                past_minute_things=tx.statistics.sums(
                    Period.MINUTE, kind=one.kind, since_ms=minute_ms - _MINUTE_MS, before_ms=minute_ms
                ).things,
                workers=one.workers,
                threads=one.threads,
            )
            for one in crowd(tx, now_ms=now_ms, online_s=online_s)
        }
    )


def lane_things(lane: Lane) -> int:
    """Return how much work a job of the lane is, about, in things."""
    return RULES[lane.kind].things_of(_largest(lane.sizes), _largest(lane.lengths))


def _largest(bounds: tuple[int, int]) -> int:
    """Return the upper bound of a lane's class, which is what most ask for; the lower one of the class without."""
    lower, upper = bounds
    return lower if upper == BOUNDLESS else upper
