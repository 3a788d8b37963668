"""Leases: which process reads and writes a platform. A row a platform, with a number that its holder counts up."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from bots.store.tables import leases
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of, take_turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Who holds a lease; `beats` is another number at each renewal."""

    holder: str
    beats: int


def lease(tx: ReadTransaction | Transaction, *, name: str) -> Held | None:
    """Returns who holds it."""
    row = connection_of(tx).execute(select(leases.c.holder, leases.c.beats).where(leases.c.name == name)).first()
    return None if row is None else Held(holder=row.holder, beats=row.beats)


def take_lease(tx: Transaction, *, name: str, holder: str, over: Held | None, now_ms: int) -> Held:
    """Takes the lease if it is free, renews it if it is ours, takes it over if it still stands as `over`.

    Returns who holds it now.
    """
    connection = connection_of(tx)
    take_turn(connection, f"bots.lease:{name}")  # a row that is not there yet cannot be locked
    found = connection.execute(
        select(leases.c.holder, leases.c.beats).where(leases.c.name == name).with_for_update()
    ).first()
    if found is None:
        connection.execute(insert(leases).values(name=name, holder=holder, beats=1, taken_at_ms=now_ms))
        return Held(holder=holder, beats=1)
    held = Held(holder=found.holder, beats=found.beats)
    if held.holder != holder and held != over:
        return held
    taken = {} if held.holder == holder else {"holder": holder, "taken_at_ms": now_ms}
    connection.execute(update(leases).where(leases.c.name == name).values(beats=held.beats + 1, **taken))
    return Held(holder=holder, beats=held.beats + 1)


def holds(tx: Transaction, *, name: str, holder: str) -> bool:
    """Returns whether the lease is this holder's, and keeps it so until the end of this transaction."""
    found = connection_of(tx).scalar(
        select(leases.c.holder).where(leases.c.name == name).with_for_update(read=True, key_share=False)
    )
    return bool(found == holder)


def give_back(tx: Transaction, *, name: str, holder: str) -> None:
    """The lease is free, if it was this holder's."""
    connection_of(tx).execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
