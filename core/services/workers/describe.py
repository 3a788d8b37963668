"""Describe: workers as someone may see them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from core.domain.accounts import Account
from core.domain.errors import NotFound
from core.domain.ids import AccountId, WorkerId
from core.domain.kinds.kind import Kind
from core.domain.policy import QueuePolicy
from core.domain.workers.message import WorkerMessage
from core.domain.workers.speed import performance
from core.domain.workers.wishes import Sight, WorkerDescription, sight_of
from core.domain.workers.worker import Worker
from core.ports.store import ReadTransaction, Transaction
from core.services.workers.permit import worker_that

MESSAGES_MAX: Final = 1_000
_NEVER_MS: Final = 2**53


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
    return _all_described(tx, [worker_that(tx, worker_id)], viewer, policy=policy, now_ms=now_ms)[0]


def describe_named(
    tx: ReadTransaction | Transaction, *, name: str, viewer_id: AccountId | None, policy: QueuePolicy, now_ms: int
) -> WorkerDescription:
    """Return all that this viewer (None: anybody) may know of the worker of this name; raises ``NotFound``."""
    worker = tx.workers.by_name(name)
    if worker is None:
        message = f"There is no worker {name[:60]!r}. Names are written as they are shown, capitals too."
        raise NotFound(message, code="WorkerNotFound")
    viewer = None if viewer_id is None else tx.accounts.get(viewer_id)
    return _all_described(tx, [worker], viewer, policy=policy, now_ms=now_ms)[0]


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
    return _all_described(tx, found, viewer, policy=policy, now_ms=now_ms)


def describe_own(
    tx: ReadTransaction | Transaction, *, account_id: AccountId, policy: QueuePolicy, now_ms: int
) -> Sequence[WorkerDescription]:
    """Return all workers of the account, also those that are offline, as their owner sees them."""
    viewer = tx.accounts.get(account_id)
    return _all_described(tx, tx.workers.of_owner(account_id), viewer, policy=policy, now_ms=now_ms)


def _all_described(
    tx: ReadTransaction | Transaction,
    workers: Sequence[Worker],
    viewer: Account | None,
    *,
    policy: QueuePolicy,
    now_ms: int,
) -> list[WorkerDescription]:
    """Return what the viewer may know; what only owners and moderators see costs two more reads, for all together."""
    private = [one for one in workers if sight_of(viewer, owner_id=one.account_id) is not Sight.PUBLIC]
    held = tx.workers.suspicion_counts([one.id for one in private]) if private else {}
    account_id = None if viewer is None or viewer.moderator else viewer.id
    said = (
        tx.messages.listed(
            worker_id=None, account_id=account_id, from_ms=now_ms + 1, to_ms=_NEVER_MS, limit=MESSAGES_MAX, to_all=True
        )
        if private
        else ()
    )
    to_one: defaultdict[WorkerId | None, list[WorkerMessage]] = defaultdict(list)
    for message in said:
        to_one[message.worker_id].append(message)
    return [
        _described(
            one,
            viewer,
            suspicions=held.get(one.id, 0),
            messages=[*to_one.get(one.id, ()), *to_one.get(None, ())],
            policy=policy,
            now_ms=now_ms,
        )
        for one in workers
    ]


def _described(
    worker: Worker,
    viewer: Account | None,
    *,
    suspicions: int,
    messages: Sequence[WorkerMessage],
    policy: QueuePolicy,
    now_ms: int,
) -> WorkerDescription:
    """Return the worker as the viewer may see it. messages: to it, and to whole accounts or every worker."""
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
        suspicions=suspicions,
        messages=tuple(
            sorted(
                (one for one in messages if one.is_for(worker.id, account_id=worker.account_id)),
                key=lambda one: (one.made_at_ms, one.id),
            )
        ),
    )
