"""Workers and what they offer."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa

from core.domain.ids import AccountId, WorkerId
from core.domain.workers.offer import Worker, WorkerOffer
from core.store.tables import accounts, workers

ONLINE_MAX = 1_000
_ALL = sa.select(workers, accounts.c.trusted).join(accounts, accounts.c.id == workers.c.account_id)
_GET = _ALL.where(workers.c.id == sa.bindparam("worker_id"))
_BY_NAME = _ALL.where(workers.c.name == sa.bindparam("worker_name"))
_ONLINE = (
    _ALL.where(workers.c.last_seen_at_ms >= sa.bindparam("since_ms"))
    .order_by(workers.c.last_seen_at_ms.desc())
    .limit(ONLINE_MAX)
)
_ADD = sa.insert(workers)
_SEEN = sa.update(workers).where(workers.c.id == sa.bindparam("the_worker"))
_WORKED = (
    sa.update(workers)
    .where(workers.c.id == sa.bindparam("the_worker"))
    .values(
        jobs_done=workers.c.jobs_done + 1,
        kudos_mk=workers.c.kudos_mk + sa.bindparam("reward_mk"),
        # A smoothed time: the first job's own, then a fifth of each new one.
        job_ms=sa.case(
            (workers.c.job_ms == 0, sa.bindparam("took_ms")),
            else_=(workers.c.job_ms * 4 + sa.bindparam("took_ms")) / 5,
        ),
    )
)
_OFFER = msgspec.json.Decoder(WorkerOffer)


@lru_cache(maxsize=2_048)
def _offer(text: str) -> WorkerOffer:
    """Return the offer that was stored as this text."""
    return _OFFER.decode(text)


class Workers:
    """The workers of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection

    def get(self, worker_id: WorkerId) -> Worker | None:
        """Return the worker."""
        return _worker(self._connection.execute(_GET, {"worker_id": worker_id}).first())

    def by_name(self, name: str) -> Worker | None:
        """Return the worker of this name."""
        return _worker(self._connection.execute(_BY_NAME, {"worker_name": name}).first())

    def online(self, since_ms: int) -> Sequence[Worker]:
        """Return the workers that were seen since then, at most a thousand."""
        found = self._connection.execute(_ONLINE, {"since_ms": since_ms})
        return [worker for row in found if (worker := _worker(row)) is not None]

    def add(self, offer: WorkerOffer, *, worker_id: WorkerId, now_ms: int) -> None:
        """Register a worker."""
        self._connection.execute(
            _ADD,
            {
                "id": worker_id,
                "account_id": offer.account_id,
                "name": offer.name,
                "start_id": offer.start_id,
                "offer": msgspec.json.encode(offer).decode(),
                "registered_at_ms": now_ms,
                "last_seen_at_ms": now_ms,
                "jobs_done": 0,
                "job_ms": 0,
                "kudos_mk": 0,
            },
        )

    def seen(self, worker_id: WorkerId, *, offer: WorkerOffer, now_ms: int) -> None:
        """Note what the worker offers now."""
        self._connection.execute(
            _SEEN,
            {
                "the_worker": worker_id,
                "start_id": offer.start_id,
                "offer": msgspec.json.encode(offer).decode(),
                "last_seen_at_ms": now_ms,
            },
        )

    def worked(self, worker_id: WorkerId, *, job_ms: int, reward_mk: int) -> None:
        """Count a finished job and smooth the time it took."""
        self._connection.execute(_WORKED, {"the_worker": worker_id, "took_ms": job_ms, "reward_mk": reward_mk})


def _worker(row: "sa.Row[*tuple[Any, ...]] | None") -> Worker | None:
    """Return the worker of a row."""
    if row is None:
        return None
    return Worker(
        id=WorkerId(row.id),
        name=row.name,
        account_id=AccountId(row.account_id),
        owner_trusted=row.trusted,
        start_id=row.start_id,
        offer=_offer(row.offer),
        last_seen_at_ms=row.last_seen_at_ms,
        jobs_done=row.jobs_done,
        job_ms=int(row.job_ms),
        kudos_mk=row.kudos_mk,
    )
