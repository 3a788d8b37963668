"""The queue's chores: leases and requests past their time, and what nobody needs any more."""

from core.domain.policy import QueuePolicy
from core.loops.chore import Chore, in_rounds
from core.ports.objects import ObjectStore
from core.ports.store import UnitOfWork
from core.services.events.prune import has_old_requests, prune_incidents, prune_readers, prune_requests
from core.services.events.read import prune_events
from core.services.queue.expire import expire
from core.services.queue.overview import recount
from core.services.queue.reclaim import reclaim


def queue_chores(*, uow: UnitOfWork, policy: QueuePolicy, objects: ObjectStore | None) -> tuple[Chore, ...]:
    """Return the queue's chores. objects: None where another process keeps the object store."""
    found = [
        Chore(
            name="reclaim",
            every_s=1,
            due=lambda tx, now_ms: bool(tx.jobs.lapsed_leases(now_ms, limit=1)),
            in_transaction=lambda tx, now_ms: reclaim(tx, policy=policy, now_ms=now_ms),
        ),
        Chore(
            name="expire_requests",
            every_s=5,
            due=lambda tx, now_ms: bool(tx.requests.past_expiry(now_ms, limit=1)),
            in_transaction=lambda tx, now_ms: expire(tx, now_ms=now_ms),
        ),
        # Each process looks whether a chore is due, and each needs its own count; there is nothing to do after it.
        Chore(name="count_waiting", every_s=1, due=lambda tx, now_ms: recount(tx, now_ms=now_ms)),
        *_pruning(uow=uow, policy=policy),
    ]
    if objects is not None:
        found.append(Chore(name="prune_objects", every_s=600, outside=objects.prune))
    return tuple(found)


def _pruning(*, uow: UnitOfWork, policy: QueuePolicy) -> tuple[Chore, ...]:
    """Return the chores that delete what is old. In small rounds: others' transactions go in between."""

    async def events(now_ms: int) -> int:
        return await in_rounds(uow, lambda tx: prune_events(tx, policy=policy, now_ms=now_ms))

    async def requests(now_ms: int) -> int:
        return await in_rounds(uow, lambda tx: prune_requests(tx, policy=policy, now_ms=now_ms))

    return (
        Chore(name="prune_events", every_s=30, outside=events),
        Chore(
            name="prune_requests",
            every_s=30,
            due=lambda tx, now_ms: has_old_requests(tx, policy=policy, now_ms=now_ms),
            outside=requests,
        ),
        Chore(
            name="prune_incidents",
            every_s=600,
            in_transaction=lambda tx, now_ms: prune_incidents(tx, policy=policy, now_ms=now_ms),
        ),
        Chore(
            name="prune_readers",
            every_s=3_600,
            in_transaction=lambda tx, now_ms: prune_readers(tx, policy=policy, now_ms=now_ms),
        ),
    )
