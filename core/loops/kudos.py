"""The chores of kudos: holds past their time, monthly grants, trust by work, and the ledger's audit."""

import logging

from core.domain.kudos.months import month_of
from core.domain.policy import QueuePolicy
from core.loops.chore import Chore, in_rounds
from core.ports.store import ReadTransaction, Transaction, UnitOfWork
from core.services.kudos.audit import audit
from core.services.kudos.monthly import grant_months
from core.services.kudos.promote import promotable, promote
from core.services.kudos.void import expire_holds
from core.services.linking.merge import sweep_merged
from core.services.people.records import has_settled, roll_up_journal

log = logging.getLogger(__name__)
ROUND = 500
"""Transfers a transaction: few enough that a pop waits some tens of milliseconds at most."""


def kudos_chores(*, uow: UnitOfWork, policy: QueuePolicy) -> tuple[Chore, ...]:
    """Return the chores of kudos."""
    kudos = policy.kudos

    def months_are_due(tx: ReadTransaction, now_ms: int) -> bool:
        granted_by_role = kudos.moderator_monthly_mk > 0
        return bool(tx.accounts.unpaid_for(month_of(now_ms), moderators=granted_by_role, limit=1))

    async def check_ledger(_: int) -> int:
        report = await uow.read(audit)
        if not report.ok:
            log.error("ledger.differs differences=%d first=%s", len(report.differences), report.differences[0])
        return len(report.differences)

    async def add_up(now_ms: int) -> int:
        return await in_rounds(uow, lambda tx: roll_up_journal(tx, now_ms=now_ms, limit=ROUND))

    def snapshot(tx: Transaction, now_ms: int) -> int:
        tx.ledger.snapshot(now_ms)
        return 1

    return (
        Chore(
            name="expire_holds",
            every_s=60,
            due=lambda tx, now_ms: bool(tx.ledger.holds_due(now_ms, limit=1)),
            in_transaction=lambda tx, now_ms: expire_holds(tx, now_ms=now_ms),
        ),
        Chore(
            name="monthly_grants",
            every_s=600,
            due=months_are_due,
            in_transaction=lambda tx, now_ms: grant_months(tx, policy=kudos, now_ms=now_ms),
        ),
        Chore(
            name="promote_trusted",
            every_s=600,
            due=lambda tx, now_ms: bool(promotable(tx, policy=kudos, now_ms=now_ms, limit=1)),
            in_transaction=lambda tx, now_ms: promote(tx, policy=kudos, now_ms=now_ms),
        ),
        Chore(
            name="sweep_merged",
            every_s=60,
            due=lambda tx, _: bool(tx.links.to_sweep(limit=1)),
            in_transaction=lambda tx, now_ms: sweep_merged(tx, now_ms=now_ms),
        ),
        Chore(name="roll_up_journal", every_s=60, due=has_settled, outside=add_up),
        Chore(name="snapshot_ledger", every_s=300, in_transaction=snapshot),
        Chore(name="audit_ledger", every_s=3_600, outside=check_ledger),
    )
