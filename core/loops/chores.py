"""The chores: what is done again and again, and how often."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.domain.policy import QueuePolicy
from core.ports.objects import ObjectStore
from core.ports.store import ReadTransaction, Transaction, UnitOfWork
from core.services.events.read import prune_events
from core.services.kudos.audit import audit
from core.services.kudos.void import expire_holds
from core.services.queue.expire import expire
from core.services.queue.reclaim import reclaim

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something done every ``every_s`` seconds, once over all processes.

    due: tells, from a read, whether there is anything to do (a chore each second must not write for nothing).
    in_transaction: the work itself, returns how much was done. outside: work that is not the database's.
    """

    name: str
    every_s: int
    due: Callable[[ReadTransaction, int], bool] | None = None
    in_transaction: Callable[[Transaction, int], int] | None = None
    outside: Callable[[int], Awaitable[int]] | None = None


def chores(*, uow: UnitOfWork, objects: ObjectStore | None, policy: QueuePolicy) -> tuple[Chore, ...]:
    """Return every chore of the engine. objects: None where another process keeps the object store."""

    async def check_ledger(now_ms: int) -> int:
        report = await uow.read(audit)
        if report.ok:
            await uow.write(lambda tx: tx.ledger.snapshot(now_ms))
        else:
            log.error("ledger.differs differences=%d first=%s", len(report.differences), report.differences[0])
        return len(report.differences)

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
            name="expire_holds",
            every_s=60,
            due=lambda tx, now_ms: bool(tx.ledger.holds_due(now_ms, limit=1)),
            in_transaction=lambda tx, now_ms: expire_holds(tx, now_ms=now_ms),
        ),
        Chore(
            name="prune_events",
            every_s=600,
            in_transaction=lambda tx, now_ms: prune_events(tx, policy=policy, now_ms=now_ms),
        ),
        Chore(name="audit_ledger", every_s=3_600, outside=check_ledger),
    ]
    if objects is not None:
        found.append(Chore(name="prune_objects", every_s=600, outside=objects.prune))
    return tuple(found)
