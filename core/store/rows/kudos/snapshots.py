"""The balances of the accounts that have no cached row: a snapshot now and then, and the journal since."""

from typing import Final

import sqlalchemy as sa

from core.domain.ids import UNCACHED, AccountId
from core.store.tables import ledger_snapshots, transfers

SETTLED_MS: Final = 600_000
"""No transaction is open so long: what is older is there for all to see."""
_ALL: Final = 2**62
_SNAPSHOT = (
    sa.select(ledger_snapshots.c.transfer_seq, ledger_snapshots.c.posted_mk)
    .where(ledger_snapshots.c.account_id == sa.bindparam("account_id"))
    .order_by(ledger_snapshots.c.transfer_seq.desc())
    .limit(1)
)


def _sum_of(side: "sa.Column[int]") -> sa.ScalarSelect[int]:
    """Return the sum of an account's transfers on one side, after one transfer and up to another."""
    between = (transfers.c.seq > sa.bindparam("seq"), transfers.c.seq <= sa.bindparam("last_seq"))
    total = sa.func.coalesce(sa.func.sum(transfers.c.amount_mk), 0)
    return sa.select(total).where(side == sa.bindparam("account_id"), *between).scalar_subquery()


_GROWN = sa.select(_sum_of(transfers.c.to_id) - _sum_of(transfers.c.from_id))
_SETTLED = (
    sa.select(transfers.c.seq)
    .where(transfers.c.made_at_ms < sa.bindparam("before_ms"))
    .order_by(transfers.c.seq.desc())
    .limit(1)
)


def posted_mk(connection: sa.Connection, account_id: AccountId, *, last_seq: int = _ALL) -> int:
    """Return the account's balance, in millikudos. last_seq: as of this transfer, which is not before the snapshot."""
    known = connection.execute(_SNAPSHOT, {"account_id": account_id}).first()
    seq, posted = (known.transfer_seq, known.posted_mk) if known is not None else (0, 0)
    grown = connection.scalar(_GROWN, {"account_id": account_id, "seq": seq, "last_seq": last_seq})
    return int(posted) + int(grown or 0)


def write(connection: sa.Connection, now_ms: int) -> None:
    """Write down the balances as of some minutes ago.

    Not as of now: on PostgreSQL a transfer with a lower number may still be written by a transaction that is open.
    """
    seq = int(connection.scalar(_SETTLED, {"before_ms": now_ms - SETTLED_MS}) or 0)
    for account_id in sorted(UNCACHED):
        known = connection.execute(_SNAPSHOT, {"account_id": account_id}).first()
        if seq == 0 or (known is not None and known.transfer_seq >= seq):
            continue
        posted = posted_mk(connection, account_id, last_seq=seq)
        connection.execute(sa.delete(ledger_snapshots).where(ledger_snapshots.c.account_id == account_id))
        connection.execute(
            sa.insert(ledger_snapshots),
            {"account_id": account_id, "transfer_seq": seq, "posted_mk": posted, "made_at_ms": now_ms},
        )
