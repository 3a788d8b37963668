"""Tips: one row for what a person gave for a message with a mark, so that it is paid at most once ever."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Row, and_, delete, insert, or_, select, update

from bots.store.tables import tips
from core.domain.ids import AccountId
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of, take_turn

STRAY_MS = 600_000
"""A tip of a platform that nobody runs any more is posted so much later, by whoever runs another."""


class TipState(StrEnum):
    """HELD until its minute is over, then POSTED for ever; VOIDED when taken back, REFUSED where it was not covered."""

    HELD = "held"
    VOIDED = "voided"
    POSTED = "posted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """What a person gives for a message. rounds: how often it was held, each time under a hold of its own."""

    id: str
    platform: str
    message_id: str
    giver_id: str
    mark: str
    giver_name: str
    from_account: AccountId
    to_account: AccountId
    amount_mk: int
    state: TipState
    rounds: int
    due_ms: int
    made_at_ms: int

    @property
    def hold_id(self) -> str:
        """The hold that stands for it now."""
        return f"tip:{self.id}:{self.rounds}"


def locked_tip(tx: Transaction, *, platform: str, message_id: str, giver_id: str, mark: str) -> Tip | None:
    """Returns the tip of this key; until this transaction ends nobody else makes or changes it."""
    connection = connection_of(tx)
    take_turn(connection, f"tip:{platform}:{message_id}:{giver_id}:{mark}")
    row = connection.execute(
        select(tips)
        .where(
            tips.c.platform == platform,
            tips.c.message_id == message_id,
            tips.c.giver_id == giver_id,
            tips.c.mark == mark,
        )
        .with_for_update()
    ).first()
    return None if row is None else _tip(row)


def put_tip(tx: Transaction, tip: Tip) -> None:
    """The tip is stored as it is in this value."""
    values = {name: getattr(tip, name) for name in Tip.__slots__} | {"state": tip.state.value}
    changed = connection_of(tx).execute(update(tips).where(tips.c.id == tip.id).values(**values))
    if changed.rowcount == 0:
        connection_of(tx).execute(insert(tips).values(**values))


def any_due(tx: ReadTransaction, *, platforms: Collection[str], now_ms: int) -> bool:
    """Returns whether the minute of some tip is over."""
    return connection_of(tx).scalar(select(tips.c.id).where(_is_due(platforms, now_ms)).limit(1)) is not None


def take_due(tx: Transaction, *, platforms: Collection[str], now_ms: int, limit: int) -> Sequence[Tip]:
    """Returns tips whose minute is over, oldest first; no other transaction has them in its hands."""
    found = connection_of(tx).execute(
        select(tips)
        .where(_is_due(platforms, now_ms))
        .order_by(tips.c.due_ms, tips.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_tip(row) for row in found]


def drop_tips(tx: Transaction, *, platform: str, giver_id: str) -> Sequence[Tip]:
    """Nothing is known any more of what this person gave; returns what that was."""
    connection = connection_of(tx)
    theirs = and_(tips.c.platform == platform, tips.c.giver_id == giver_id)
    found = [_tip(row) for row in connection.execute(select(tips).where(theirs).with_for_update())]
    connection.execute(delete(tips).where(tips.c.id.in_([tip.id for tip in found])))
    return found


def _is_due(platforms: Collection[str], now_ms: int) -> ColumnElement[bool]:
    ours = tips.c.platform.in_(sorted(platforms))
    return and_(
        tips.c.state == TipState.HELD.value,
        tips.c.due_ms <= now_ms,
        or_(ours, tips.c.due_ms <= now_ms - STRAY_MS),
    )


def _tip(row: Row[tuple[object, ...]]) -> Tip:
    columns = dict(row._mapping)  # noqa: SLF001 - the public name of this attribute starts with an underscore
    columns["state"] = TipState(str(columns["state"]))
    return Tip(**columns)
