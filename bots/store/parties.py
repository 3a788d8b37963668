"""Parties as rows: who opened which, where, until when, and who got its award."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import Row, func, insert, select, update

from bots.store.tables import parties, party_guests
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of, take_turn

FORGOTTEN: Final = "forgotten"
"""In place of an opener who wanted to be."""


class PartyState(StrEnum):
    """OPENING until its thread is there, OPEN until it ends."""

    OPENING = "opening"
    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A thread with a theme. Its opener holds the award of every guest, who gets it once.

    id: the commission's that opened it. place: its thread, "" while that is being opened. style: "" for any. words:
    of which a prompt must have one; none for any prompt.
    """

    id: str
    platform: str
    community: str
    place: str = ""
    state: PartyState = PartyState.OPENING
    opener_id: str
    opener_name: str
    account_id: int
    theme: str
    style: str
    words: tuple[str, ...]
    award_mk: int
    guests_max: int
    ends_at_ms: int
    created_at_ms: int


def add_party(tx: Transaction, party: Party) -> None:
    """The party is on record."""
    columns = {name: getattr(party, name) for name in Party.__slots__}
    columns["words"] = msgspec.json.encode(party.words).decode()
    columns["state"] = party.state.value
    connection_of(tx).execute(insert(parties).values(**columns))


def change_party(tx: Transaction, *, party_id: str, state: PartyState, **columns: object) -> None:
    """The party is in this state, with these columns changed."""
    connection_of(tx).execute(update(parties).where(parties.c.id == party_id).values(state=state.value, **columns))


def locked_party(tx: Transaction, *, party_id: str) -> Party | None:
    """Returns the party; until this transaction ends nobody else pays from it or ends it."""
    take_turn(connection_of(tx), f"party:{party_id}")
    row = connection_of(tx).execute(select(parties).where(parties.c.id == party_id)).first()
    return None if row is None else _party(row)


def open_party_at(tx: ReadTransaction | Transaction, *, platform: str, place: str) -> Party | None:
    """Returns the party that is on in this thread."""
    if not place:
        return None
    here = (parties.c.platform == platform, parties.c.place == place, parties.c.state == PartyState.OPEN.value)
    row = connection_of(tx).execute(select(parties).where(*here)).first()
    return None if row is None else _party(row)


def party_places(tx: ReadTransaction | Transaction, *, platform: str, limit: int) -> Sequence[str]:
    """Returns the newest threads where a party is on."""
    here = (parties.c.platform == platform, parties.c.state == PartyState.OPEN.value)
    query = select(parties.c.place).where(*here).order_by(parties.c.id.desc()).limit(limit)
    return list(connection_of(tx).scalars(query))


def parties_of(tx: ReadTransaction | Transaction, *, platform: str, opener_id: str) -> Sequence[Party]:
    """Returns the parties of someone that have not ended, newest first."""
    found = connection_of(tx).execute(
        select(parties)
        .where(
            parties.c.platform == platform,
            parties.c.opener_id == opener_id,
            parties.c.state != PartyState.ENDED.value,
        )
        .order_by(parties.c.id.desc())
    )
    return [_party(row) for row in found]


def parties_due(tx: ReadTransaction | Transaction, *, now_ms: int, limit: int) -> Sequence[Party]:
    """Returns parties whose thread is still being opened, and those whose time is over."""
    opening = select(parties).where(parties.c.state == PartyState.OPENING.value)
    over = select(parties).where(parties.c.state == PartyState.OPEN.value, parties.c.ends_at_ms <= now_ms)
    connection = connection_of(tx)
    found = [*connection.execute(opening.limit(limit)), *connection.execute(over.limit(limit))]
    return [_party(row) for row in found]


def add_guest(tx: Transaction, *, party_id: str, account_id: int, guests_max: int, now_ms: int) -> bool:
    """The account is on the guest list; returns False if it was before, or the list is full. Lock the party first."""
    connection = connection_of(tx)
    mine = (party_guests.c.party_id == party_id, party_guests.c.account_id == account_id)
    if connection.scalar(select(party_guests.c.at_ms).where(*mine)) is not None:
        return False
    if guest_count(tx, party_id=party_id) >= guests_max:
        return False
    connection.execute(insert(party_guests).values(party_id=party_id, account_id=account_id, at_ms=now_ms))
    return True


def guest_count(tx: ReadTransaction | Transaction, *, party_id: str) -> int:
    """Returns how many got the award."""
    counted = connection_of(tx).scalar(
        select(func.count()).select_from(party_guests).where(party_guests.c.party_id == party_id)
    )
    return int(counted or 0)


def wipe_opener(tx: Transaction, *, platform: str, opener_id: str) -> None:
    """Nothing tells any more who opened these parties."""
    connection_of(tx).execute(
        update(parties)
        .where(parties.c.platform == platform, parties.c.opener_id == opener_id)
        .values(opener_id=FORGOTTEN, opener_name=FORGOTTEN, theme="")
    )


def _party(row: Row[tuple[object, ...]]) -> Party:
    columns = dict(row._mapping)  # noqa: SLF001 - the public name of this attribute starts with an underscore
    columns["state"] = PartyState(str(columns["state"]))
    columns["words"] = msgspec.json.decode(str(columns["words"]), type=tuple[str, ...])
    return Party(**columns)
