"""Sponsors' pots, and which commissions they paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Row, func, insert, select, update

from bots.store.rows import CommissionState
from bots.store.tables import commissions, pot_payments, pots
from core.domain.ids import AccountId
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of, take_turn

_UNPAID = (CommissionState.CANCELLED.value, CommissionState.FAILED.value, CommissionState.REFUSED.value)


class PotState(StrEnum):
    """OPEN pays; CLOSED gives back what is left, as what it pays for ends; ENDED has nothing any more."""

    OPEN = "open"
    CLOSED = "closed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pot:
    """Kudos that a sponsor gave a community: they lie on an account of the pot's own.

    budget_mk: put in in all. member_day_mk and request_mk: most for one member a day, and for one request; None for no
    bound. moves: how many transfers there were between sponsor and pot.
    """

    id: str
    platform: str
    community: str
    name: str
    sponsor_id: AccountId
    account_id: AccountId
    state: PotState
    budget_mk: int
    member_day_mk: int | None
    request_mk: int | None
    moves: int
    opened_at_ms: int
    closed_at_ms: int | None = None


def put_pot(tx: Transaction, pot: Pot) -> None:
    """The pot is stored as it is in this value."""
    values = {name: getattr(pot, name) for name in Pot.__slots__} | {"state": pot.state.value}
    changed = connection_of(tx).execute(update(pots).where(pots.c.id == pot.id).values(**values))
    if changed.rowcount == 0:
        connection_of(tx).execute(insert(pots).values(**values))


def locked_pot(tx: Transaction, *, pot_id: str) -> Pot | None:
    """Returns the pot; until this transaction ends nobody else pays out of it or changes it."""
    row = connection_of(tx).execute(select(pots).where(pots.c.id == pot_id).with_for_update()).first()
    return None if row is None else _pot(row)


def open_pot_of(tx: ReadTransaction | Transaction, *, platform: str, community: str) -> Pot | None:
    """Returns the community's open pot, the oldest if there are several."""
    where = (pots.c.platform == platform, pots.c.community == community.casefold(), pots.c.state == PotState.OPEN.value)
    row = connection_of(tx).execute(select(pots).where(*where).order_by(pots.c.id).limit(1)).first()
    return None if row is None else _pot(row)


def all_pots(tx: ReadTransaction | Transaction) -> Sequence[Pot]:
    """Returns every pot, the newest first."""
    return [_pot(row) for row in connection_of(tx).execute(select(pots).order_by(pots.c.id.desc()))]


def closed_pots(tx: ReadTransaction | Transaction) -> Sequence[Pot]:
    """Returns the pots that still have something to give back."""
    query = select(pots).where(pots.c.state == PotState.CLOSED.value).order_by(pots.c.id)
    return [_pot(row) for row in connection_of(tx).execute(query)]


def take_community(tx: Transaction, *, platform: str, community: str) -> None:
    """Nobody else opens a pot for this community until this transaction ends."""
    take_turn(connection_of(tx), f"pot:{platform}:{community.casefold()}")


def add_payment(tx: Transaction, *, commission_id: str, pot_id: str, member_id: str, now_ms: int) -> None:
    """The pot pays for this commission."""
    connection_of(tx).execute(
        insert(pot_payments).values(commission_id=commission_id, pot_id=pot_id, member_id=member_id, at_ms=now_ms)
    )


def drop_payments(tx: Transaction, *, platform: str, member_id: str) -> None:
    """It is not known any more what pots paid for this person; what they paid is in their journals."""
    theirs = select(pots.c.id).where(pots.c.platform == platform)
    connection_of(tx).execute(
        update(pot_payments)
        .where(pot_payments.c.member_id == member_id, pot_payments.c.pot_id.in_(theirs))
        .values(member_id="")
    )


def paid_for_mk(tx: ReadTransaction | Transaction, *, pot_id: str, member_id: str, since_ms: int) -> int:
    """Returns what the pot paid for the member since then; what was not made cost nothing."""
    total = connection_of(tx).scalar(
        select(func.coalesce(func.sum(commissions.c.price_mk), 0))
        .select_from(pot_payments.join(commissions, commissions.c.id == pot_payments.c.commission_id))
        .where(
            pot_payments.c.pot_id == pot_id,
            pot_payments.c.member_id == member_id,
            pot_payments.c.at_ms >= since_ms,
            commissions.c.state.not_in(_UNPAID),
        )
    )
    return int(total or 0)


def _pot(row: Row[tuple[object, ...]]) -> Pot:
    columns = dict(row._mapping)  # noqa: SLF001 - the public name of this attribute starts with an underscore
    columns["state"] = PotState(str(columns["state"]))
    return Pot(**columns)
