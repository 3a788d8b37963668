"""Claims: how a waiting job becomes a worker's, so that no two get it and none is missed."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.domain.ids import AccountId, JobId, LeaseId, RequestId
from core.domain.jobs import Candidate, Claimed, LeaseView
from core.store.dialect import (
    CLAIM_FIRST_POSTGRES,
    CLAIM_FIRST_SQLITE,
    CLAIM_MORE,
    CLAIM_ONE,
    HEADS,
    HEADS_OF,
    lanes_from,
)
from core.store.memory import Memory
from core.store.rows.queue.jobs import job_of
from core.store.rows.queue.requests import draft_of
from core.store.statement import Line, Prepared
from core.store.tables import leases
from core.store.writes import Writes, update

ROUNDS: Final[tuple[tuple[int, int], ...]] = ((1, 8), (1, 64), (8, 128), (64, 512), (512, 4_096))
"""Candidates a lane and in all, round by round: the first may all be in the hands of pops that have not ended yet."""
CROWDED_S: Final = 1.0
"""So long after a first round that was in vain the next pops begin with the second one."""
_JOBS: Final = "jobs"
_HEADS = Prepared(HEADS.sqlite, postgres=HEADS.postgres)
_HEADS_OF = Prepared(HEADS_OF.sqlite, postgres=HEADS_OF.postgres)
_FIRST = Prepared(CLAIM_FIRST_POSTGRES)
_FIRST_SQLITE = Prepared(CLAIM_FIRST_SQLITE)
_ONE = Prepared(CLAIM_ONE.sqlite, postgres=CLAIM_ONE.postgres)
_MORE = Prepared(CLAIM_MORE.sqlite, postgres=CLAIM_MORE.postgres)
_AGAIN = update(leases, state="'active'", ended_at_ms="NULL", expires_at_ms=":expires_at_ms")


class Claims:
    """The claims of one transaction."""

    def __init__(self, line: Line, writes: Writes, memory: Memory) -> None:
        """Stand over the transaction's line."""
        self._line = line
        self._writes = writes
        self._memory = memory

    def first(
        self, lane_ids: Sequence[int], *, lease_id: LeaseId, people: Sequence[AccountId], everyone: bool
    ) -> tuple[Claimed | None, bool]:
        """Return the job, now leased, and whether there are lanes that were not known: then ask again.

        The first of the people's jobs in these lanes; if there is none and ``everyone`` is served, the first of all.
        """
        # The lanes were chosen by what is known now; other transactions of this process may learn more meanwhile.
        highest = self._memory.lanes.highest
        self._writes.flush_for(_JOBS)
        if not self._line.is_postgres:
            return self._first_on_sqlite(lane_ids, lease_id=lease_id, people=people, everyone=everyone), False
        rounds = ROUNDS if len(lane_ids) > ROUNDS[0][1] else (ROUNDS[0], *ROUNDS[2:])
        if time.monotonic() < self._memory.crowded_until_s:
            rounds = rounds[1:]
        seen = 0
        for width, heads in rounds:
            row = self._line.all_unseen(
                _FIRST,
                {
                    "lanes": list(lane_ids),
                    "people": list(people),
                    "everyone": everyone,
                    "per_lane": width,
                    "heads": heads,
                    "lease": lease_id,
                    "highest": highest,
                },
            )[0]
            if row.newest > highest:
                self._memory.lanes.learn(self._line)
                return None, True
            if row.id is not None:
                return _claimed(row), False
            if row.seen <= seen:
                break
            seen = row.seen
            self._memory.crowded_until_s = time.monotonic() + CROWDED_S
        return None, False

    def _first_on_sqlite(
        self, lane_ids: Sequence[int], *, lease_id: LeaseId, people: Sequence[AccountId], everyone: bool
    ) -> Claimed | None:
        """Return the first job, now leased."""
        where = {"lanes": json.dumps(lane_ids), "people": json.dumps(people), "everyone": everyone, "lease": lease_id}
        found = self._line.all_unseen(_FIRST_SQLITE, where)
        return _claimed(found[0]) if found else None

    def heads(
        self,
        lane_ids: Sequence[int],
        *,
        per_lane: int,
        limit: int,
        account_ids: Sequence[AccountId] | None = None,
        after: Mapping[int, tuple[int, JobId]] | None = None,
    ) -> Sequence[Candidate]:
        """Return the first ``per_lane`` waiting jobs of each lane, merged by due time, at most ``limit``."""
        self._writes.flush_for(_JOBS)
        if not lane_ids or (account_ids is not None and not account_ids):
            return []
        where: dict[str, Any] = {"per_lane": per_lane, "limit": limit}
        where |= lanes_from(lane_ids, after, is_postgres=self._line.is_postgres)
        if account_ids is None:
            found = self._line.all_unseen(_HEADS, where)
        else:
            accounts = list(account_ids) if self._line.is_postgres else json.dumps(list(account_ids))
            found = self._line.all_unseen(_HEADS_OF, where | {"accounts": accounts})
        return [
            Candidate(
                job_id=JobId(row.job_id),
                request_id=RequestId(row.request_id),
                lane_id=row.lane_id,
                due_ms=row.due_ms,
                ordinal=row.ordinal,
                draft=draft_of(row.draft),
            )
            for row in found
        ]

    def one(self, job_id: JobId, *, lease_id: LeaseId) -> Claimed | None:
        """Return the job, now leased, or None where it does not wait or another transaction is at it."""
        found = self._line.all_unseen(_ONE, {"job": job_id, "lease": lease_id})
        return _claimed(found[0]) if found else None

    def more(self, request_id: RequestId, lease_ids: Sequence[LeaseId]) -> Sequence[Claimed]:
        """Return further waiting jobs of one request, now leased, at most one for each lease id."""
        if not lease_ids:
            return []
        many = list(lease_ids) if self._line.is_postgres else json.dumps(list(lease_ids))
        found = self._line.all_unseen(_MORE, {"request": request_id, "leases": many, "limit": len(lease_ids)})
        return sorted((_claimed(row) for row in found), key=lambda claimed: claimed.job.ordinal)

    def again(self, view: LeaseView, *, expires_at_ms: int) -> bool:
        """Make an ended lease active again if its job still waits."""
        if self.one(view.job_id, lease_id=view.lease_id) is None:
            return False
        self._writes.add(_AGAIN, {"id": view.lease_id, "expires_at_ms": expires_at_ms})
        return True


def _claimed(row: Any) -> Claimed:  # noqa: ANN401 - a row of a job with its draft
    """Return the claimed job of a row."""
    return Claimed(job=job_of(row), draft=draft_of(row.draft))
