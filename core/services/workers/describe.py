"""Describe: workers as someone may see them."""

from collections.abc import Sequence

from core.domain.accounts import Account
from core.domain.ids import AccountId, WorkerId
from core.domain.kinds.kind import Kind
from core.domain.policy import QueuePolicy
from core.domain.workers.speed import performance
from core.domain.workers.wishes import Sight, WorkerDescription, sight_of
from core.domain.workers.worker import Worker
from core.ports.store import ReadTransaction, Transaction
from core.services.workers.permit import worker_that


def describe(
    tx: ReadTransaction | Transaction,
    *,
    worker_id: WorkerId,
    viewer_id: AccountId | None,
    policy: QueuePolicy,
    now_ms: int,
) -> WorkerDescription:
    """Return all that this viewer (None: anybody) may know of the worker; raises ``NotFound``."""
    viewer = None if viewer_id is None else tx.accounts.get(viewer_id)
    return _described(tx, worker_that(tx, worker_id), viewer, policy=policy, now_ms=now_ms)


def describe_online(
    tx: ReadTransaction | Transaction,
    *,
    viewer_id: AccountId | None,
    policy: QueuePolicy,
    now_ms: int,
    kind: Kind | None = None,
    name: str | None = None,
) -> Sequence[WorkerDescription]:
    """Return the workers that are online, those of one kind or the one of a name where that is asked for."""
    viewer = None if viewer_id is None else tx.accounts.get(viewer_id)
    found = [
        worker
        for worker in tx.workers.online(now_ms - policy.online_s * 1_000)
        if (name is None or worker.name == name) and (kind is None or worker.kind is kind)
    ]
    return [_described(tx, worker, viewer, policy=policy, now_ms=now_ms) for worker in found]


def describe_own(
    tx: ReadTransaction | Transaction, *, account_id: AccountId, policy: QueuePolicy, now_ms: int
) -> Sequence[WorkerDescription]:
    """Return all workers of the account, also those that are offline, as their owner sees them."""
    viewer = tx.accounts.get(account_id)
    return [_described(tx, worker, viewer, policy=policy, now_ms=now_ms) for worker in tx.workers.of_owner(account_id)]


def _described(
    tx: ReadTransaction | Transaction, worker: Worker, viewer: Account | None, *, policy: QueuePolicy, now_ms: int
) -> WorkerDescription:
    """Return what the viewer may know; what only owners and moderators see costs two more reads."""
    sight = sight_of(viewer, owner_id=worker.account_id)
    online = now_ms - worker.last_seen_at_ms <= policy.online_s * 1_000
    speed = performance(worker.kind, speed_milli=worker.speed_milli)
    if sight is Sight.PUBLIC:
        return WorkerDescription(
            worker=worker,
            sight=sight,
            online=online,
            performance=speed,
            owner=worker.owner_handle if worker.owner_public else None,
            contact=worker.owner_contact if worker.owner_public else None,
        )
    return WorkerDescription(
        worker=worker,
        sight=sight,
        online=online,
        performance=speed,
        owner=worker.owner_handle,
        contact=worker.owner_contact,
        paused=worker.paused,
        suspicions=len(tx.workers.suspicions(worker.id)),
        messages=tuple(tx.messages.in_force(worker_id=worker.id, account_id=worker.account_id, now_ms=now_ms)),
    )
