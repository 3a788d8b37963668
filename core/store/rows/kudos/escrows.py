"""What waits for whom until trusted: a kept figure that follows the journal."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from core.domain.ids import ESCROW, AccountId
from core.store.tables import accounts, escrows, transfers
from core.store.writes import Writes, add_up, update

_ESCROW = sa.select(escrows.c.escrow_mk).where(escrows.c.account_id == sa.bindparam("account_id"))
_ESCROWS = sa.select(escrows.c.account_id, escrows.c.escrow_mk)
_KEPT = sa.union_all(
    sa.select(transfers.c.from_id.label("account_id"), transfers.c.amount_mk).where(transfers.c.to_id == ESCROW),
    sa.select(transfers.c.to_id, -transfers.c.amount_mk).where(transfers.c.from_id == ESCROW),
).subquery()
_ESCROW_SUMS = sa.select(_KEPT.c.account_id, sa.func.sum(_KEPT.c.amount_mk)).group_by(_KEPT.c.account_id)
_MORE = add_up(escrows, keys=("account_id",), amounts=("escrow_mk",))
_LESS = update(escrows, key="account_id", escrow_mk="escrows.escrow_mk - :taken_mk")
_TRUSTED_BY_WORK = (
    sa.select(accounts.c.id)
    .select_from(escrows.join(accounts, accounts.c.id == escrows.c.account_id))
    .where(
        escrows.c.escrow_mk >= sa.bindparam("escrow_min_mk"),
        accounts.c.created_at_ms <= sa.bindparam("made_before_ms"),
        accounts.c.trusted.is_(False),
        accounts.c.flagged.is_(False),
        accounts.c.deleted_at_ms.is_(None),
    )
    .order_by(accounts.c.id)
    .limit(sa.bindparam("limit"))
)


class Escrows:
    """What waits for whom; the ledger says what moves, it is written at the end."""

    def __init__(self, connection: sa.Connection, writes: Writes) -> None:
        """Stand over the transaction's connection and its write set."""
        self._connection = connection
        self._writes = writes
        self._moved: dict[AccountId, int] = {}

    def of(self, account_id: AccountId) -> int:
        """Return what waits for the account, with what this transaction has moved."""
        kept = self._connection.scalar(_ESCROW, {"account_id": account_id})
        return int(kept or 0) + self._moved.get(account_id, 0)

    def all(self) -> Mapping[AccountId, int]:
        """Return every account's kept figure."""
        return {AccountId(row[0]): int(row[1]) for row in self._connection.execute(_ESCROWS)}

    def sums(self) -> Mapping[AccountId, int]:
        """Recompute the figures from the journal."""
        return {AccountId(row[0]): int(row[1]) for row in self._connection.execute(_ESCROW_SUMS)}

    def trusted_by_work(self, *, escrow_min_mk: int, made_before_ms: int, limit: int) -> Sequence[AccountId]:
        """Return untrusted accounts that are old enough and have this much in escrow."""
        where = {"escrow_min_mk": escrow_min_mk, "made_before_ms": made_before_ms, "limit": limit}
        return [AccountId(row[0]) for row in self._connection.execute(_TRUSTED_BY_WORK, where)]

    def move(self, account_id: AccountId, amount_mk: int) -> None:
        """Note what an account's figure gets at the end."""
        self._moved[account_id] = self._moved.get(account_id, 0) + amount_mk

    def flush(self) -> None:
        """Have the figures written, in order of id. What grows may be new; what shrinks is there."""
        for account_id, amount_mk in sorted(self._moved.items()):
            if amount_mk > 0:
                self._writes.add(_MORE, {"account_id": account_id, "escrow_mk": amount_mk})
            elif amount_mk < 0:
                self._writes.add(_LESS, {"account_id": account_id, "taken_mk": -amount_mk})
        self._moved.clear()
