"""Commissions: what became of each summons."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, select, update

from bots.platform import Visibility
from bots.store.rows import Commission, CommissionState
from bots.store.tables import commissions, inbox
from core.domain.kinds.kind import Kind
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiter:
    """A commission that waits for the horde."""

    commission_id: str
    remote_id: str
    request_id: str


def change_commission(
    tx: Transaction, *, commission_id: str, state: CommissionState, now_ms: int, **columns: object
) -> None:
    """The commission is in this state, with these columns changed."""
    connection_of(tx).execute(
        update(commissions)
        .where(commissions.c.id == commission_id)
        .values(state=state.value, changed_at_ms=now_ms, **columns)
    )


def commission(tx: ReadTransaction | Transaction, *, commission_id: str) -> Commission | None:
    """Returns the commission of that id."""
    row = connection_of(tx).execute(select(commissions).where(commissions.c.id == commission_id)).first()
    return None if row is None else _commission(row)


def commissions_of_requests(
    tx: ReadTransaction | Transaction, *, request_ids: Sequence[str]
) -> Mapping[str, Commission]:
    """Returns the commissions that ordered these requests, by request id."""
    found = connection_of(tx).execute(select(commissions).where(commissions.c.request_id.in_(request_ids)))
    return {row.request_id: _commission(row) for row in found}


def commission_of_event(tx: ReadTransaction | Transaction, *, platform: str, event_id: str) -> Commission | None:
    """Returns the commission that this event opened, if it is stored."""
    row = (
        connection_of(tx)
        .execute(
            select(commissions)
            .join(inbox, inbox.c.id == commissions.c.id)
            .where(inbox.c.platform == platform, inbox.c.event_id == event_id)
        )
        .first()
    )
    return None if row is None else _commission(row)


def latest_commissions(
    tx: ReadTransaction | Transaction,
    *,
    platform: str,
    author_id: str,
    states: Sequence[CommissionState],
    kinds: Sequence[Kind] = tuple(Kind),
    limit: int,
) -> list[Commission]:
    """Returns an author's newest commissions of these kinds in these states, newest first."""
    found = connection_of(tx).execute(
        select(commissions)
        .where(
            commissions.c.platform == platform,
            commissions.c.author_id == author_id,
            commissions.c.state.in_([state.value for state in states]),
            commissions.c.kind.in_([kind.value for kind in kinds]),
        )
        .order_by(commissions.c.id.desc())
        .limit(limit)
    )
    return [_commission(row) for row in found]


def any_accepted(tx: ReadTransaction | Transaction) -> bool:
    """Returns whether some commission waits for the horde."""
    found = connection_of(tx).scalar(
        select(commissions.c.id).where(commissions.c.state == CommissionState.ACCEPTED.value).limit(1)
    )
    return found is not None


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


def _commission(row: Row[tuple[object, ...]]) -> Commission:
    columns = dict(row._mapping)  # noqa: SLF001 - the public name of this attribute starts with an underscore
    columns["state"] = CommissionState(str(columns["state"]))
    columns["kind"] = Kind(str(columns["kind"]))
    columns["visibility"] = Visibility(str(columns["visibility"]))
    return Commission(**columns)
