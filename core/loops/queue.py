"""The queue's chores: leases and requests past their time, events and pictures that nobody needs any more."""

from core.domain.policy import QueuePolicy
from core.loops.chore import Chore
from core.ports.objects import ObjectStore
from core.services.events.read import prune_events
from core.services.queue.expire import expire
from core.services.queue.reclaim import reclaim


def queue_chores(*, policy: QueuePolicy, objects: ObjectStore | None) -> tuple[Chore, ...]:
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
        Chore(
            name="prune_events",
            every_s=600,
            in_transaction=lambda tx, now_ms: prune_events(tx, policy=policy, now_ms=now_ms),
        ),
    ]
    if objects is not None:
        found.append(Chore(name="prune_objects", every_s=600, outside=objects.prune))
    return tuple(found)
