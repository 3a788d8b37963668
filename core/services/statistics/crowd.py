"""Crowd: who is there for each kind of work, and what waits for them, minute by minute."""

from collections import Counter

from core.domain.kinds.kind import Kind
from core.domain.statistics import Crowd, Period, start_of
from core.ports.store import ReadTransaction, Transaction


def crowd(tx: ReadTransaction | Transaction, *, now_ms: int, online_s: int) -> tuple[Crowd, ...]:
    """Return who is there now, one for each kind; what waits is at most a second old."""
    workers: Counter[Kind] = Counter()
    threads: Counter[Kind] = Counter()
    for worker in tx.workers.online(now_ms - online_s * 1_000):
        workers[worker.offer.kind] += 1
        threads[worker.offer.kind] += max(worker.offer.threads, 1)
    waiting: Counter[Kind] = Counter()
    for lane_id, count in tx.lanes.waiting_by_lane(now_ms).items():
        lane = tx.lanes.get(lane_id)
        if lane is not None:
            waiting[lane.kind] += count
    in_work = tx.statistics.in_work()
    return tuple(
        Crowd(
            minute_ms=start_of(Period.MINUTE, now_ms),
            kind=kind,
            workers=workers[kind],
            threads=threads[kind],
            waiting=waiting[kind],
            processing=in_work.get(kind, 0),
        )
        for kind in Kind
    )


def note_crowd(tx: Transaction, *, now_ms: int, online_s: int) -> int:
    """Return the number of workers that are there; they are noted in this minute's row of each kind."""
    found = crowd(tx, now_ms=now_ms, online_s=online_s)
    for one in found:
        tx.statistics.note_crowd(one)
    return sum(one.workers for one in found)
