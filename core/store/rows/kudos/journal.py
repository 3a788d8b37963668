"""An account's journal, newest first, and its sums by reason."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from core.domain.ids import AccountId
from core.domain.kudos.ledger import Transfer, TransferReason
from core.domain.kudos.statement import Entry
from core.store.tables import accounts, transfers


def _side(mine: "sa.Column[int]") -> "sa.Select[tuple[int]]":
    """Return the newest places of the journal where the account is on one side; by the index of that side."""
    newest = (
        sa.select(transfers.c.seq)
        .where(mine == sa.bindparam("account_id"), transfers.c.seq < sa.bindparam("below_seq"))
        .order_by(transfers.c.seq.desc())
        .limit(sa.bindparam("limit"))
    )
    return sa.select(newest.subquery().c.seq)


_GIVER, _TAKER = accounts.alias("giver"), accounts.alias("taker")
_PLACES = sa.union(_side(transfers.c.from_id), _side(transfers.c.to_id)).subquery()
_ENTRIES = (
    sa.select(transfers, _GIVER.c.name.label("from_name"), _TAKER.c.name.label("to_name"))
    .select_from(
        _PLACES.join(transfers, transfers.c.seq == _PLACES.c.seq)
        .join(_GIVER, _GIVER.c.id == transfers.c.from_id)
        .join(_TAKER, _TAKER.c.id == transfers.c.to_id)
    )
    .order_by(transfers.c.seq.desc())
    .limit(sa.bindparam("limit"))
)
_PERIOD = (
    transfers.c.made_at_ms >= sa.bindparam("since_ms"),
    transfers.c.made_at_ms < sa.bindparam("until_ms"),
)
_OWN: sa.BindParameter[int] = sa.bindparam("own", expanding=True)
_SUM = sa.func.sum(transfers.c.amount_mk)
_EARNED = (
    sa.select(transfers.c.reason, _SUM)
    .where(transfers.c.to_id.in_(_OWN), transfers.c.from_id.not_in(_OWN), *_PERIOD)
    .group_by(transfers.c.reason)
)
_SPENT = (
    sa.select(transfers.c.reason, _SUM)
    .where(transfers.c.from_id.in_(_OWN), transfers.c.to_id.not_in(_OWN), *_PERIOD)
    .group_by(transfers.c.reason)
)


class Journal:
    """The journal as one account's statement reads it."""

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection

    def entries(self, own: Collection[AccountId], *, below_seq: int, limit: int) -> Sequence[Entry]:
        """Return the accounts' transfers below this place, newest first, each once."""
        found = {
            entry.seq: entry
            for account_id in own
            for entry in self._entries(account_id, below_seq=below_seq, limit=limit)
        }
        return [found[seq] for seq in sorted(found, reverse=True)[:limit]]

    def _entries(self, account_id: AccountId, *, below_seq: int, limit: int) -> Sequence[Entry]:
        where = {"account_id": account_id, "below_seq": below_seq, "limit": limit}
        return [
            Entry(
                seq=row.seq,
                transfer=Transfer(
                    transfer_id=row.transfer_id,
                    from_id=AccountId(row.from_id),
                    to_id=AccountId(row.to_id),
                    amount_mk=row.amount_mk,
                    reason=TransferReason(row.reason),
                    ref=row.ref,
                    made_at_ms=row.made_at_ms,
                ),
                from_name=row.from_name,
                to_name=row.to_name,
            )
            for row in self._connection.execute(_ENTRIES, where)
        ]

    def sums(
        self, own: Collection[AccountId], *, since_ms: int, until_ms: int
    ) -> tuple[dict[TransferReason, int], dict[TransferReason, int]]:
        """Return what the accounts earned and spent in the period, by reason; what went between them is neither."""
        where = {"own": list(own), "since_ms": since_ms, "until_ms": until_ms}
        earned, spent = (self._connection.execute(statement, where) for statement in (_EARNED, _SPENT))
        return (
            {TransferReason(row[0]): int(row[1]) for row in earned},
            {TransferReason(row[0]): int(row[1]) for row in spent},
        )
