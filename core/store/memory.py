"""What a process keeps in memory about its database: hints and constants, never truth."""

import hashlib
import math
import threading
import time
from array import array
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import sqlalchemy as sa

from core.domain.ids import AccountId, JobId, WorkerId
from core.domain.kinds.kind import Kind
from core.domain.queue.lanes import Lane
from core.domain.queue.matching import Capability, capability_of, every_job_fits, misfit
from core.domain.queue.needs import Needs
from core.domain.workers.offer import WorkerOffer
from core.domain.workers.team import TeamId
from core.domain.workers.worker import Worker
from core.store.statement import Line, Prepared
from core.store.tables import lanes
from core.store.timed import Timed

Handles: TypeAlias = tuple[tuple[str, AccountId], ...]
Online: TypeAlias = dict[WorkerId, tuple[object, Worker, Capability]]
"""Workers, each between the row that it was made of and what lanes are matched with."""
FITS_MAX = 2_048
MARKS_MAX = 10_000
DEEP_S = 1.0
HOT_WRITES = 40
"""An account whose balance is written this often within a second is hot."""
_NEWER = Prepared(sa.select(lanes).where(lanes.c.id > sa.bindparam("highest")).order_by(lanes.c.id))


class LaneDirectory:
    """All lanes there are, and for each capability which of them fit; safe in any thread."""

    def __init__(self) -> None:
        """Begin empty; ``learn`` reads what is there."""
        self._lock = threading.Lock()
        self._lanes: dict[int, Lane] = {}
        self._by_key: dict[str, int] = {}
        self._fits: OrderedDict[Capability, tuple[int, tuple[int, ...], tuple[int, ...]]] = OrderedDict()
        self.highest = 0

    def learn(self, line: Line, *, own: Collection[int] = ()) -> None:
        """Take in the lanes that are new in the database, but not a transaction's own: it may come to nothing."""
        found = [row for row in line.all_unseen(_NEWER, {"highest": self.highest}) if row.id not in own]
        if not found:
            return
        with self._lock:
            for row in found:
                lane = Lane(
                    kind=Kind(row.kind),
                    models=tuple(row.models.split("\x1f")) if row.models else (),
                    needs=Needs(row.needs),
                    size_class=row.size_class,
                    length_class=row.length_class,
                    allow=tuple(WorkerId(one) for one in row.allow.split("\x1f")) if row.allow else (),
                )
                self._lanes[row.id] = lane
                self._by_key[row.key] = row.id
                self.highest = max(self.highest, row.id)

    def forget_above(self, highest: int) -> None:
        """Drop the lanes above this number: the transaction that made them came to nothing."""
        if self.highest <= highest:
            return
        with self._lock:
            for lane_id in [one for one in self._lanes if one > highest]:
                del self._by_key[self._lanes.pop(lane_id).key]
            self._fits.clear()
            self.highest = highest

    def get(self, lane_id: int) -> Lane | None:
        """Return the lane of this number, if it is known here."""
        return self._lanes.get(lane_id)

    def number(self, key: str) -> int | None:
        """Return the number of the lane with this key, if it is known here."""
        return self._by_key.get(key)

    def test_of(self, offer: WorkerOffer) -> Callable[[int], bool]:
        """Return a test of lane numbers for the offer; a lane that is not known yet may fit. Safe in any thread."""
        capability = capability_of(offer, worker_id=None, trusted=True)

        def may_fit(lane_id: int) -> bool:
            lane = self.get(lane_id)
            return lane is None or misfit(lane, capability) is None

        return may_fit

    def fitting(self, capability: Capability) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the lanes whose every job fits, and those whose jobs must be looked at; remembered by capability."""
        with self._lock:
            highest, free, looked_at = self._fits.pop(capability, (0, (), ()))
            if highest < self.highest:
                new = [(i, lane) for i in range(highest + 1, self.highest + 1) if (lane := self._lanes.get(i))]
                fit = [(i, every_job_fits(lane, capability)) for i, lane in new if misfit(lane, capability) is None]
                free += tuple(i for i, whole in fit if whole)
                looked_at += tuple(i for i, whole in fit if not whole)
            self._fits[capability] = (self.highest, free, looked_at)
            if len(self._fits) > FITS_MAX:
                self._fits.popitem(last=False)
            return free, looked_at


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneCounts:
    """How many jobs waited in each lane, when that was counted, by both clocks, and how long it took."""

    lanes: Mapping[int, int] = field(default_factory=dict)
    at_ms: int = -(10**12)
    at_s: float = -math.inf
    took_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deep:
    """Before this job, by its due time and id, wait so many or more; known until then, by the monotonic clock."""

    until_s: float
    limit: int
    first: tuple[int, JobId]


class Memory:
    """The shared memory of one unit of work."""

    def __init__(self, key_secret: str) -> None:
        """Hold the secret that API keys are hashed with."""
        self._key_secret = key_secret
        self.lanes = LaneDirectory()
        self.hot: set[AccountId] = set()
        """Accounts that were seen to be marked hot: their balance has many slots (any slot is right)."""
        self._pressure: tuple[float, Counter[AccountId]] = (0.0, Counter())
        self.marks: OrderedDict[tuple[WorkerId, int], tuple[int, JobId]] = OrderedDict()
        self.mates: Timed[TeamId, tuple[AccountId, ...]] = Timed(kept_ms=10_000, size_max=1_000)
        self.online: Timed[bool, Online] = Timed(kept_ms=1_000, size_max=1)
        self.online_before: Online = {}
        """Those that were read last: whose row is still the same is not made anew."""
        self.fitting: Timed[tuple[Lane, ...], tuple[Worker, ...]] = Timed(kept_ms=1_000, size_max=1_000)
        """Who of those online may take jobs of one of the lanes; forgotten with what is known of them."""
        self._deep: dict[Kind, Deep] = {}
        self.named: Timed[Handles, tuple[AccountId, ...]] = Timed(kept_ms=60_000, size_max=1_000)
        self.ranked: Timed[bool, array[int]] = Timed(kept_ms=60_000, size_max=1)
        self.counts = LaneCounts()
        self.crowded_until_s = -math.inf
        """Until then pops look at more heads at once, by ``time.monotonic``: the first are in others' hands."""
        self.events_written = 0
        """How many events this process has tried to write: what is above that in the database, others have written."""

    def is_deep(self, kind: Kind, first: tuple[int, JobId], *, limit: int) -> bool:
        """Tell whether so many or more were seen to wait before a job of the kind, at most a second ago."""
        known = self._deep.get(kind)
        return known is not None and time.monotonic() < known.until_s and limit <= known.limit and first >= known.first

    def note_deep(self, kind: Kind, first: tuple[int, JobId], *, limit: int) -> None:
        """Remember for a second that so many wait before this job: before whatever is due later wait as many."""
        now_s, known = time.monotonic(), self._deep.get(kind)
        until_s = now_s + DEEP_S if known is None or known.until_s <= now_s else known.until_s
        self._deep[kind] = Deep(until_s=until_s, limit=limit, first=first)

    def forget_online(self) -> None:
        """Have those online be read anew."""
        self.online.forget(True)
        self.fitting.clear()

    def hash_of(self, api_key: str) -> str:
        """Return what of an API key is stored."""
        return hashlib.sha256((self._key_secret + api_key).encode()).hexdigest()

    def newly_hot(self, account_ids: Collection[AccountId]) -> list[AccountId]:
        """Count one write of each account's balance, and return those that have become hot by it."""
        began_s, counts = self._pressure
        now_s = time.monotonic()
        if now_s - began_s >= 1:
            counts = Counter()
            self._pressure = (now_s, counts)
        counts.update(account_ids)
        found = [one for one in account_ids if counts[one] >= HOT_WRITES and one not in self.hot and one > 0]
        self.hot.update(found)
        return found

    def set_mark(self, worker_id: WorkerId, lane_id: int, at: tuple[int, JobId] | None) -> None:
        """Remember where a worker's look at a lane stopped; the oldest are dropped first."""
        self.marks.pop((worker_id, lane_id), None)
        if at is not None:
            self.marks[worker_id, lane_id] = at
            if len(self.marks) > MARKS_MAX:
                self.marks.popitem(last=False)
