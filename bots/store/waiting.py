"""Who waits for the horde, for those who tell them how far it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from bots.store.rows import CommissionState
from bots.store.tables import commissions
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiter:
    """A commission that waits for the horde."""

    commission_id: str
    remote_id: str
    request_id: str


def waiting(tx: ReadTransaction | Transaction, *, platform: str, asked_before_ms: int, limit: int) -> Sequence[Waiter]:
    """Returns the platform's commissions that have waited since then, the oldest first."""
    found = connection_of(tx).execute(
        select(commissions.c.id, commissions.c.remote_id, commissions.c.request_id)
        .where(
            commissions.c.state == CommissionState.ACCEPTED.value,
            commissions.c.platform == platform,
            commissions.c.request_id.is_not(None),
            commissions.c.created_at_ms <= asked_before_ms,
        )
        .order_by(commissions.c.id)
        .limit(limit)
    )
    return [Waiter(commission_id=row.id, remote_id=row.remote_id, request_id=row.request_id) for row in found]


def cancelled_among(tx: ReadTransaction | Transaction, *, commission_ids: Collection[str]) -> Collection[str]:
    """Returns which of these were withdrawn by who asked."""
    found = connection_of(tx).scalars(
        select(commissions.c.id).where(
            commissions.c.id.in_(commission_ids), commissions.c.state == CommissionState.CANCELLED.value
        )
    )
    return frozenset(str(one) for one in found)
