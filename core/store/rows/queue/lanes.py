"""Lanes, and where each worker's look at a lane stopped."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from core.domain.ids import JobId, WorkerId
from core.domain.queue.lanes import Lane
from core.domain.queue.matching import Capability, every_job_fits, misfit
from core.store.memory import Memory
from core.store.postgres.locks import is_postgres, take_turn
from core.store.tables import jobs, lanes

COUNTS_KEPT_MS = 1_000
_ADD = sa.insert(lanes).returning(lanes.c.id)
_COUNTS = sa.select(jobs.c.lane_id, sa.func.count()).where(sa.text("jobs.state = 'waiting'")).group_by(jobs.c.lane_id)


class Lanes:
    """The lanes of one transaction; what is known of them is kept in the process's memory.

    Lanes are numbered one transaction at a time, so that who has learned number 7 has learned all below it; what this
    transaction has made itself is known to others only after its COMMIT (on SQLite it is forgotten where that fails).
    """

    def __init__(self, connection: sa.Connection, memory: Memory) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection
        self._memory = memory
        self._own: dict[int, Lane] = {}

    def get(self, lane_id: int) -> Lane | None:
        """Return the lane of this number."""
        known = self._own.get(lane_id) or self._memory.lanes.get(lane_id)
        if known is None:
            self._learn()
            known = self._memory.lanes.get(lane_id)
        return known

    def fitting(self, capability: Capability) -> tuple[Sequence[int], Sequence[int]]:
        """Return the lanes whose every job fits, and those whose jobs must be looked at one by one."""
        self._learn()
        free, looked_at = self._memory.lanes.fitting(capability)
        for lane_id, lane in self._own.items():
            if misfit(lane, capability) is None:
                if every_job_fits(lane, capability):
                    free += (lane_id,)
                else:
                    looked_at += (lane_id,)
        return free, looked_at

    def waiting_by_lane(self, now_ms: int) -> Mapping[int, int]:
        """Return the number of waiting jobs a lane, at most a second old."""
        counted_at_ms, counts = self._memory.lane_counts
        if not 0 <= now_ms - counted_at_ms < COUNTS_KEPT_MS:
            counts = {row[0]: row[1] for row in self._connection.execute(_COUNTS)}
            self._memory.lane_counts = (now_ms, counts)
        return counts

    def id_of(self, lane: Lane) -> int:
        """Return the lane's number; it is made if it is new."""
        known = self._number(lane)
        if known is None:
            self._learn()
            known = self._number(lane)
        if known is None and is_postgres(self._connection):
            take_turn(self._connection, "lanes")
            self._learn()
            known = self._number(lane)
        if known is not None:
            return known
        made = self._connection.execute(
            _ADD,
            {
                "key": lane.key,
                "kind": lane.kind.value,
                "models": "\x1f".join(lane.models),
                "needs": int(lane.needs),
                "size_class": lane.size_class,
                "length_class": lane.length_class,
                "allow": "\x1f".join(lane.allow),
            },
        )
        number = int(made.scalar_one())
        if is_postgres(self._connection):
            self._own[number] = lane  # nobody else may hear of it before it is committed
        else:
            self._learn()
        return number

    def mark(self, worker_id: WorkerId, lane_id: int) -> tuple[int, JobId] | None:
        """Return where this worker's look at the lane stopped, in memory only."""
        return self._memory.marks.get((worker_id, lane_id))

    def set_mark(self, worker_id: WorkerId, lane_id: int, at: tuple[int, JobId] | None) -> None:
        """Remember where the look stopped, or that it begins anew."""
        self._memory.set_mark(worker_id, lane_id, at)

    def _learn(self) -> None:
        self._memory.lanes.learn(self._connection, own=self._own)

    def _number(self, lane: Lane) -> int | None:
        known = self._memory.lanes.number(lane.key)
        return next((i for i, own in self._own.items() if own.key == lane.key), None) if known is None else known
