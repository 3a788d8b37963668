"""The chores of kudos: holds past their time are given back, the ledger is audited."""

import logging

from core.loops.chore import Chore
from core.ports.store import UnitOfWork
from core.services.kudos.audit import audit
from core.services.kudos.void import expire_holds

log = logging.getLogger(__name__)


def kudos_chores(*, uow: UnitOfWork) -> tuple[Chore, ...]:
    """Return the chores of kudos."""

    async def check_ledger(now_ms: int) -> int:
        report = await uow.read(audit)
        if report.ok:
            await uow.write(lambda tx: tx.ledger.snapshot(now_ms))
        else:
            log.error("ledger.differs differences=%d first=%s", len(report.differences), report.differences[0])
        return len(report.differences)

    return (
        Chore(
            name="expire_holds",
            every_s=60,
            due=lambda tx, now_ms: bool(tx.ledger.holds_due(now_ms, limit=1)),
            in_transaction=lambda tx, now_ms: expire_holds(tx, now_ms=now_ms),
        ),
        Chore(name="audit_ledger", every_s=3_600, outside=check_ledger),
    )
