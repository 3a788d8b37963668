"""Who wants to be left alone, and how fast people write."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from bots.store.tables import opt_outs, paces
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of, take_turn

WHOLE = 1_000
"""Thousandths of one order."""


def is_opted_out(tx: ReadTransaction | Transaction, *, platform: str, external_id: str) -> bool:
    """Returns whether this person asked to be left alone."""
    same = (opt_outs.c.platform == platform, opt_outs.c.external_id == external_id)
    return connection_of(tx).scalar(select(opt_outs.c.at_ms).where(*same)) is not None


def opt_out(tx: Transaction, *, platform: str, external_id: str, now_ms: int) -> bool:
    """This person is left alone; returns whether that is new."""
    take_turn(connection_of(tx), f"opt-out:{platform}:{external_id}")
    if is_opted_out(tx, platform=platform, external_id=external_id):
        return False
    connection_of(tx).execute(insert(opt_outs).values(platform=platform, external_id=external_id, at_ms=now_ms))
    return True


def opt_in(tx: Transaction, *, platform: str, external_id: str) -> bool:
    """This person is answered again; returns whether they were left alone before."""
    same = (opt_outs.c.platform == platform, opt_outs.c.external_id == external_id)
    return connection_of(tx).execute(delete(opt_outs).where(*same)).rowcount == 1


def take_pace(
    tx: Transaction, *, platform: str, external_id: str, burst: int, refill_s: float, now_ms: int
) -> tuple[bool, bool, float]:
    """Takes one order out of the person's bucket, which holds `burst` and gains one each `refill_s`.

    Returns whether there was one, whether the person was told already that there is none, and after how many seconds
    there will be one.
    """
    connection = connection_of(tx)
    take_turn(connection, f"pace:{platform}:{external_id}")
    same = (paces.c.platform == platform, paces.c.external_id == external_id)
    row = connection.execute(select(paces).where(*same)).first()
    if row is None:
        first = {"platform": platform, "external_id": external_id, "left_m": (burst - 1) * WHOLE, "at_ms": now_ms}
        connection.execute(insert(paces).values(**first, told=False))
        return True, False, 0.0
    gained_m = int(max(now_ms - row.at_ms, 0) / refill_s)  # ms / s: thousandths
    left_m = min(row.left_m + gained_m, burst * WHOLE)
    taken = left_m >= WHOLE
    left_m -= WHOLE if taken else 0
    connection.execute(update(paces).where(*same).values(left_m=left_m, at_ms=now_ms, told=not taken))
    return taken, bool(row.told), 0.0 if taken else (WHOLE - left_m) * refill_s / WHOLE
