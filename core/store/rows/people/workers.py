"""Workers and what they offer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa

from core.domain.ids import AccountId, WorkerId
from core.domain.kinds.kind import Kind
from core.domain.queue.lanes import Lane
from core.domain.queue.matching import Capability, capability_of, misfit
from core.domain.workers.offer import WorkerOffer
from core.domain.workers.speed import speed_milli_of
from core.domain.workers.suspicion import SuspicionReason
from core.domain.workers.team import TeamId
from core.domain.workers.worker import Known, Worker
from core.store.memory import Memory, Online
from core.store.rows.people import worker_statements as sql
from core.store.statement import Line
from core.store.writes import Writes

_OFFER = msgspec.json.Decoder(WorkerOffer)


@lru_cache(maxsize=2_048)
def _offer(text: str) -> WorkerOffer:
    """Return the offer that was stored as this text."""
    return _OFFER.decode(text)


class Workers:
    """The workers of one transaction."""

    def __init__(self, line: Line, writes: Writes, memory: Memory) -> None:
        """Stand over the transaction's line."""
        self._line = line
        self._writes = writes
        self._connection = line.seen
        self._memory = memory

    def get(self, worker_id: WorkerId) -> Worker | None:
        """Return the worker."""
        return _worker(self._connection.execute(sql.GET, {"worker_id": worker_id}).first())

    def by_name(self, name: str) -> Worker | None:
        """Return the worker of this name."""
        return _worker(self._connection.execute(sql.BY_NAME, {"worker_name": name}).first())

    def known(self, name: str, *, now_ms: int) -> Known | None:
        """Return the worker of this name with all that a pop needs to know of it, in one statement."""
        row = self._line.first(sql.KNOWN, {"worker_name": name, "now_ms": now_ms})
        return None if row is None else Known(worker=worker_of(row), addressed=bool(row.addressed))

    def _online(self, since_ms: int) -> Online:
        """Return those who were online a second ago or later."""

        def ask() -> Online:
            before, found = self._memory.online_before, {}
            for row in self._line.all(sql.ONLINE, {"since_ms": since_ms}):
                same = before.get(row.id)
                found[row.id] = same if same is not None and same[0] == row else _matched(row, worker_of(row))
            self._memory.online_before = found
            self._memory.fitting.clear()
            return found

        return self._memory.online.get(True, ask, now_ms=since_ms)

    def online(self, since_ms: int) -> Sequence[Worker]:
        """Return the workers that were seen since then, at most a thousand; what is known of them is a second old."""
        return [worker for _, worker, _ in self._online(since_ms).values() if worker.last_seen_at_ms >= since_ms]

    def fitting(self, lanes: Sequence[Lane], *, since_ms: int) -> Sequence[Worker]:
        """Return those of ``online`` that may take jobs of one of the lanes."""
        there = self._online(since_ms)

        def ask() -> tuple[Worker, ...]:
            return tuple(
                worker
                for _, worker, capability in there.values()
                if worker.last_seen_at_ms >= since_ms and any(misfit(lane, capability) is None for lane in lanes)
            )

        return self._memory.fitting.get(tuple(lanes), ask, now_ms=since_ms)

    def of_owner(self, account_id: AccountId) -> Sequence[Worker]:
        """Return the account's workers, the oldest first."""
        return [worker_of(row) for row in self._connection.execute(sql.OF_OWNER, {"account_id": account_id})]

    def count_of(self, account_id: AccountId) -> int:
        """Return how many workers the account has."""
        return int(self._connection.execute(sql.COUNT_OF, {"account_id": account_id}).scalar_one())

    def owed(self, *, limit: int) -> Sequence[Worker]:
        """Return workers that have ten minutes of uptime or more that were not paid yet."""
        return [worker_of(row) for row in self._connection.execute(sql.OWED, {"most": limit})]

    def suspicions(self, worker_id: WorkerId) -> Sequence[tuple[SuspicionReason, int]]:
        """Return (reason, at_ms) of what is held against the worker, the oldest first."""
        found = self._connection.execute(sql.SUSPICIONS, {"worker_id": worker_id})
        return [(SuspicionReason(row.reason), row.at_ms) for row in found]

    def suspicion_counts(self, worker_ids: Sequence[WorkerId]) -> Mapping[WorkerId, int]:
        """Return how much is held against each of the workers against which anything is."""
        found = self._connection.execute(sql.SUSPICION_COUNTS, {"worker_ids": list(worker_ids)})
        return {WorkerId(row[0]): int(row[1]) for row in found}

    def people_named(self, handles: Sequence[tuple[str, AccountId]], *, now_ms: int) -> tuple[AccountId, ...]:
        """Return the accounts among these that have both this name and this number, at most a minute old."""
        if not handles:
            return ()
        wanted = tuple(handles)

        def ask() -> tuple[AccountId, ...]:
            rows = self._connection.execute(sql.NAMED, {"numbers": [number for _, number in wanted]})
            there = {(row.name, row.id) for row in rows}
            return tuple(number for name, number in dict.fromkeys(wanted) if (name, number) in there)

        return self._memory.named.get(wanted, ask, now_ms=now_ms)

    def add(self, offer: WorkerOffer, *, worker_id: WorkerId, now_ms: int) -> bool:
        """Register a worker; return False where the name has been taken meanwhile."""
        row = {
            "id": worker_id,
            "account_id": offer.account_id,
            "name": offer.name,
            "kind": offer.kind.value,
            "start_id": offer.start_id,
            "offer": msgspec.json.encode(offer).decode(),
            "now_ms": now_ms,
        }
        self._memory.forget_online()
        return self._connection.execute(sql.ADD, row).first() is not None

    def seen(self, worker_id: WorkerId, *, offer: WorkerOffer, now_ms: int) -> None:
        """Note what the worker offers now, and its uptime since it was last seen."""
        self._note_online(worker_id, offer)
        row = {
            "id": worker_id,
            "start_id": offer.start_id,
            "offer": msgspec.json.encode(offer).decode(),
            "now_ms": now_ms,
        }
        self._writes.add(sql.SEEN, row)

    def _note_online(self, worker_id: WorkerId, offer: WorkerOffer) -> None:
        """Have what is known of those online be no older than this offer.

        Where more are online than are known, whoever is not among them changes nothing: else each job that one of
        them takes would have a thousand workers be read anew.
        """
        there = self._memory.online.known(True)
        if there is None:
            return
        known = there.get(worker_id)
        if known is None:
            if len(there) < sql.ONLINE_MAX:
                self._memory.forget_online()
        elif known[1].offer != offer:
            there[worker_id] = _matched(None, replace(known[1], offer=offer))
            self._memory.fitting.clear()

    def worked(self, worker_id: WorkerId, *, things: int, job_ms: int, reward_mk: int, now_ms: int) -> None:
        """Count a finished job, smooth its time and speed, and note the uptime."""
        row = {
            "id": worker_id,
            "new_things": things,
            "took_ms": job_ms,
            "sample_milli": speed_milli_of(things=things, job_ms=job_ms),
            "reward_mk": reward_mk,
            "now_ms": now_ms,
        }
        self._writes.add(sql.WORKED, row)

    def faulted(self, worker_id: WorkerId, *, hour: int) -> int:
        """Count a job that it took and did not make; return how many those were in this hour."""
        return int(self._connection.execute(sql.FAULTED, {"the_worker": worker_id, "hour": hour}).scalar_one())

    def amend(
        self,
        worker_id: WorkerId,
        *,
        name: str | None = None,
        about: str | None = None,
        maintenance: bool | None = None,
        maintenance_message: str | None = None,
        paused: bool | None = None,
        jobs_aborted: int | None = None,
    ) -> bool:
        """Write what is not None; return False where another worker has the name."""
        if name is not None and self._connection.scalar(sql.HAS_NAME, {"worker_name": name}) not in (None, worker_id):
            return False
        asked = {
            "name": name,
            "about": about,
            "maintenance": maintenance,
            "maintenance_message": maintenance_message,
            "paused": paused,
            "jobs_aborted": jobs_aborted,
        }
        changes = {column: value for column, value in asked.items() if value is not None}
        if changes:
            self._memory.forget_online()
            self._connection.execute(sql.THE_WORKER.values(**changes), {"the_worker": worker_id})
        return True

    def archive(self, worker_id: WorkerId, *, now_ms: int) -> None:
        """Have the worker be gone, its name free and its past kept."""
        self._memory.forget_online()
        self._connection.execute(sql.ARCHIVE, {"the_worker": worker_id, "new_archived_at_ms": now_ms})

    def rewarded(self, worker: Worker, *, amount_mk: int, uptime_ms: int) -> bool:
        """Note that so much more of its uptime is paid; return False where that was done meanwhile."""
        row = {
            "the_worker": worker.id,
            "so_far_ms": worker.uptime_rewarded_ms,
            "more_ms": uptime_ms,
            "amount_mk": amount_mk,
        }
        return self._connection.execute(sql.REWARDED, row).first() is not None

    def suspect(self, worker_id: WorkerId, reason: SuspicionReason, *, now_ms: int) -> None:
        """Hold something against the worker."""
        self._connection.execute(sql.SUSPECT, {"worker_id": worker_id, "reason": reason.value, "at_ms": now_ms})

    def forgive(self, worker_id: WorkerId) -> None:
        """Hold nothing against the worker any more."""
        self._connection.execute(sql.FORGIVE, {"the_worker": worker_id})


def _matched(row: object, worker: Worker) -> tuple[object, Worker, Capability]:
    """Return what is kept of a worker that is online."""
    return row, worker, capability_of(worker.offer, worker_id=worker.id, trusted=worker.owner_trusted)


def _worker(row: "sa.Row[*tuple[Any, ...]] | None") -> Worker | None:
    """Return the worker of a row, if there is one."""
    return None if row is None else worker_of(row)


def worker_of(row: Any) -> Worker:  # noqa: ANN401 - a row of the workers
    """Return the worker of a row."""
    return Worker(
        id=WorkerId(row.id),
        name=row.name,
        kind=Kind(row.kind),
        account_id=AccountId(row.account_id),
        owner_name=row.owner_name,
        owner_trusted=row.trusted,
        owner_flagged=row.flagged,
        owner_public=row.public_workers,
        owner_contact=row.contact,
        start_id=row.start_id,
        offer=_offer(row.offer),
        registered_at_ms=row.registered_at_ms,
        last_seen_at_ms=row.last_seen_at_ms,
        about=row.about,
        maintenance=row.maintenance,
        maintenance_message=row.maintenance_message,
        paused=row.paused,
        team_id=None if row.team_id is None else TeamId(row.team_id),
        team_name=row.team_name,
        jobs_done=row.jobs_done,
        jobs_faulted=row.jobs_faulted,
        jobs_aborted=row.jobs_aborted,
        aborted_hour=row.aborted_hour,
        things_done=row.things_done,
        job_ms=int(row.job_ms),
        speed_milli=row.speed_milli,
        kudos_mk=row.kudos_mk,
        uptime_ms=row.uptime_ms,
        uptime_rewarded_ms=row.uptime_rewarded_ms,
        uptime_kudos_mk=row.uptime_kudos_mk,
    )
