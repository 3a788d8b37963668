"""Lanes, and where each worker's look at a lane stopped."""

import time
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from core.domain.ids import JobId, WorkerId
from core.domain.queue.lanes import Lane
from core.domain.queue.matching import Capability
from core.store.memory import LaneCounts, Memory
from core.store.statement import Line, Prepared
from core.store.tables import jobs, lanes

COUNTS_KEPT_MS = 1_000
FEW = 5_000
"""So many waiting jobs are counted in about a millisecond."""
COUNTING_SHARE = 0.05
_ADD = Prepared(
    sa.insert(lanes)
    .values({column.name: sa.bindparam(column.name) for column in lanes.c if column.name != "id"})
    .returning(lanes.c.id)
)
# Lanes get their numbers one transaction after the other, so that whoever knows a number knows all below it.
_ALONE = Prepared(sa.text("SELECT pg_advisory_xact_lock(7263541)"))
_COUNTS = Prepared(
    sa.select(jobs.c.lane_id, sa.func.count()).where(sa.text("jobs.state = 'waiting'")).group_by(jobs.c.lane_id)
)


class Lanes:
    """The lanes of one transaction; what is known of them is kept in the process's memory."""

    def __init__(self, line: Line, memory: Memory) -> None:
        """Stand over the transaction's line."""
        self._line = line
        self._made: dict[str, int] = {}
        self._memory = memory

    def get(self, lane_id: int) -> Lane | None:
        """Return the lane of this number."""
        known = self._memory.lanes.get(lane_id)
        if known is None:
            self._memory.lanes.learn(self._line, own=self._made.values())
            known = self._memory.lanes.get(lane_id)
        return known

    def fitting(self, capability: Capability) -> tuple[Sequence[int], Sequence[int]]:
        """Return the lanes whose every job fits, and those whose jobs must be looked at one by one."""
        if not self._line.is_postgres:
            self._memory.lanes.learn(self._line, own=self._made.values())
        return self._memory.lanes.fitting(capability)

    def waiting_by_lane(self, now_ms: int) -> Mapping[int, int]:
        """Return the number of waiting jobs a lane.

        They are exact in a read, and a second old at most in a use case, while few wait. Where many do, only a read
        counts them, so that no pop waits for it, and only for a twentieth of the time.
        """
        known = self._memory.counts
        few = sum(known.lanes.values()) < FEW
        if self._line.is_read:
            due = few or time.monotonic() - known.at_s >= max(1.0, known.took_s / COUNTING_SHARE)
        else:
            due = few and not 0 <= now_ms - known.at_ms < COUNTS_KEPT_MS
        if due:
            began_s = time.monotonic()
            lanes = {row[0]: row[1] for row in self._line.all(_COUNTS, {})}
            ended_s = time.monotonic()
            known = LaneCounts(lanes=lanes, at_ms=now_ms, at_s=ended_s, took_s=ended_s - began_s)
            self._memory.counts = known
        return known.lanes

    def learn(self) -> None:
        """Know the lanes that other processes have made."""
        self._memory.lanes.learn(self._line, own=self._made.values())

    def id_of(self, lane: Lane) -> int:
        """Return the lane's number; it is made if it is new."""
        key = lane.key
        known = self._memory.lanes.number(key) or self._made.get(key)
        if known is None:
            if self._line.is_postgres:
                self._line.all_unseen(_ALONE, {})
            self._memory.lanes.learn(self._line, own=self._made.values())
            known = self._memory.lanes.number(key)
        if known is not None:
            return known
        made = self._line.scalar(
            _ADD,
            {
                "key": key,
                "kind": lane.kind.value,
                "models": "\x1f".join(lane.models),
                "needs": int(lane.needs),
                "size_class": lane.size_class,
                "length_class": lane.length_class,
                "allow": "\x1f".join(lane.allow),
            },
        )
        if self._line.is_postgres:
            # Nobody else may hear of it before it is committed.
            self._made[key] = int(made)
        else:
            self._memory.lanes.learn(self._line, own=self._made.values())
        return int(made)

    def mark(self, worker_id: WorkerId, lane_id: int) -> tuple[int, JobId] | None:
        """Return where this worker's look at the lane stopped, in memory only."""
        return self._memory.marks.get((worker_id, lane_id))

    def set_mark(self, worker_id: WorkerId, lane_id: int, at: tuple[int, JobId] | None) -> None:
        """Remember where the look stopped, or that it begins anew."""
        self._memory.set_mark(worker_id, lane_id, at)
