"""The journal, the holds and the cached balances."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from core.domain.ids import ANONYMOUS, ESCROW, UNCACHED, AccountId
from core.domain.kudos.ledger import Hold, HoldState, Transfer, TransferReason
from core.store.memory import Memory
from core.store.rows.kudos import snapshots
from core.store.rows.kudos.escrows import Escrows
from core.store.rows.kudos.keys import SharedKeys
from core.store.statement import Line, Prepared
from core.store.tables import accounts, balances, holds, horizons, jobs, requests, transfers
from core.store.writes import Writes, add_up, insert, update

HOT_SLOTS = 16
_TRANSFER = Prepared(sa.select(transfers).where(transfers.c.transfer_id == sa.bindparam("transfer_id")))
_TRANSFERS_OF = (
    sa.select(transfers)
    .where(sa.or_(transfers.c.from_id == sa.bindparam("account_id"), transfers.c.to_id == sa.bindparam("account_id")))
    .order_by(transfers.c.seq.desc())
    .limit(sa.bindparam("limit"))
)
_LAST_GIFT = (
    sa.select(transfers.c.made_at_ms)
    .where(
        sa.text("transfers.reason = 'gift'"),
        transfers.c.from_id == sa.bindparam("from_id"),
        transfers.c.to_id == sa.bindparam("to_id"),
    )
    .order_by(transfers.c.seq.desc())
    .limit(1)
)
_ADD_TRANSFER = insert(transfers, "transfer_id", "from_id", "to_id", "amount_mk", "reason", "ref", "made_at_ms")
# Whoever wants to change a hold has it alone; SQLite's writer is alone anyway.
_HOLD = sa.select(holds).where(holds.c.hold_id == sa.bindparam("hold_id"))
_TAKE_HOLD = Prepared(_HOLD.with_for_update(key_share=True))
_ADD_HOLD = insert(
    holds,
    *("hold_id", "account_id", "amount_mk", "posted_mk", "returned_mk"),
    *("state", "expires_at_ms", "made_at_ms", "shared_key_id"),
)
_SETTLE = update(holds, key="hold_id", posted_mk=":posted_mk", returned_mk=":returned_mk", state=":state")
_ADD_TO_BALANCES = add_up(balances, keys=("account_id", "slot"), amounts=("posted_mk", "held_mk"))
_MARK_HOT = update(accounts, hot=":hot")
_HOLDS_DUE = (
    sa.select(holds)
    .where(
        sa.text("holds.state = 'pending'"),
        holds.c.expires_at_ms <= sa.bindparam("now_ms"),
        ~sa.exists().where(requests.c.id == holds.c.hold_id, sa.text("requests.state = 'open'")),
    )
    .order_by(holds.c.expires_at_ms)
    .limit(sa.bindparam("limit"))
)
_MOVED = sa.union_all(
    sa.select(transfers.c.to_id.label("account_id"), transfers.c.amount_mk),
    sa.select(transfers.c.from_id, -transfers.c.amount_mk),
).subquery()
_JOURNAL = sa.select(_MOVED.c.account_id, sa.func.sum(_MOVED.c.amount_mk)).group_by(_MOVED.c.account_id)
_LEFT = holds.c.amount_mk - holds.c.posted_mk - holds.c.returned_mk
_HELD = (
    sa.select(holds.c.account_id, sa.func.count(), sa.func.sum(_LEFT))
    .where(sa.text("holds.state = 'pending'"))
    .group_by(holds.c.account_id)
)
_CACHED = sa.select(balances.c.account_id, sa.func.sum(balances.c.posted_mk), sa.func.sum(balances.c.held_mk)).group_by(
    balances.c.account_id
)
_OPEN = (
    sa.select(jobs.c.request_id, sa.func.sum(jobs.c.price_mk).label("open_mk"))
    .where(jobs.c.state.in_(("waiting", "leased")))
    .group_by(jobs.c.request_id)
    .subquery()
)
_ADRIFT = (
    sa.select(holds.c.hold_id, _LEFT, sa.func.coalesce(_OPEN.c.open_mk, 0))
    .select_from(
        holds.join(requests, requests.c.id == holds.c.hold_id).outerjoin(_OPEN, _OPEN.c.request_id == requests.c.id)
    )
    .where(sa.func.coalesce(_OPEN.c.open_mk, 0) != _LEFT)
    .limit(sa.bindparam("limit"))
)
_STATE = sa.func.coalesce(sa.func.max(jobs.c.state), "gone")
_FORGOTTEN_MS = sa.select(sa.func.coalesce(sa.func.max(horizons.c.at_ms), 0)).scalar_subquery()
# A job that is gone is right only if it is older than what was pruned.
_PAID_WRONGLY = (
    sa.select(transfers.c.ref, sa.func.count(), _STATE)
    .select_from(transfers.outerjoin(jobs, jobs.c.id == transfers.c.ref))
    .where(transfers.c.reason == TransferReason.JOB.value)
    .group_by(transfers.c.ref)
    .having(
        sa.or_(
            sa.func.count() > 1,
            _STATE.not_in(("done", "gone")),
            sa.and_(_STATE == "gone", sa.func.max(transfers.c.made_at_ms) > _FORGOTTEN_MS),
        )
    )
    .limit(sa.bindparam("limit"))
)
_UNPAID = (
    sa.select(jobs.c.id)
    .where(
        jobs.c.state == "done",
        jobs.c.price_mk > 0,
        ~sa.exists().where(
            transfers.c.transfer_id.in_(
                (sa.literal("job:") + jobs.c.id, sa.literal("fee:") + jobs.c.id, sa.literal("tax:") + jobs.c.id)
            )
        ),
    )
    .limit(sa.bindparam("limit"))
)
_COUNT = sa.select(sa.func.count()).select_from(transfers)


class Ledger:
    """The ledger of one transaction; what it moves is written to the balance rows at the end."""

    def __init__(self, line: Line, writes: Writes, memory: Memory, *, keys: SharedKeys, escrows: Escrows) -> None:
        """Stand over the transaction's line; what moves is told to the keys and escrows it concerns."""
        self._line = line
        self._writes = writes
        self._connection = line.seen
        self._memory = memory
        self._moved: dict[tuple[AccountId, int], tuple[int, int]] = {}
        self._holds: dict[str, Hold] = {}
        self._keys = keys
        self._escrows = escrows

    def transfer(self, transfer_id: str) -> Transfer | None:
        """Return the transfer of this id."""
        row = self._line.first(_TRANSFER, {"transfer_id": transfer_id})
        return None if row is None else _transfer(row)

    def transfers_of(self, account_id: AccountId, *, limit: int) -> Sequence[Transfer]:
        """Return an account's latest transfers, newest first."""
        found = self._connection.execute(_TRANSFERS_OF, {"account_id": account_id, "limit": limit})
        return [_transfer(row) for row in found]

    def last_gift_ms(self, *, from_id: AccountId, to_id: AccountId) -> int | None:
        """Return when the one last made the other a gift."""
        made = self._connection.scalar(_LAST_GIFT, {"from_id": from_id, "to_id": to_id})
        return None if made is None else int(made)

    def hold(self, hold_id: str) -> Hold | None:
        """Return the hold of this id."""
        row = self._connection.execute(_HOLD, {"hold_id": hold_id}).first()
        return None if row is None else _hold(row)

    def take_hold(self, hold_id: str) -> Hold | None:
        """Return the hold of this id, to be changed: no other transaction changes it until this one has ended."""
        known = self._holds.get(hold_id)
        if known is None:
            row = self._line.first(_TAKE_HOLD, {"hold_id": hold_id})
            if row is None:
                return None
            known = self._holds[hold_id] = _hold(row)
        return known

    def know_hold(self, hold: Hold) -> None:
        """Keep a hold that was read while its request was taken, so that it is not read again."""
        self._holds[hold.hold_id] = hold

    def holds_due(self, now_ms: int, *, limit: int) -> Sequence[Hold]:
        """Return pending holds that are past their expiry and belong to no open request."""
        return [_hold(row) for row in self._connection.execute(_HOLDS_DUE, {"now_ms": now_ms, "limit": limit})]

    def journal_sums(self) -> Mapping[AccountId, int]:
        """Recompute every posted balance from the journal."""
        return {AccountId(account_id): int(total) for account_id, total in self._connection.execute(_JOURNAL)}

    def journal_count(self) -> int:
        """Return the number of transfers."""
        return int(self._connection.scalar(_COUNT) or 0)

    def held_sums(self) -> Mapping[AccountId, tuple[int, int]]:
        """Recompute, from the holds, each account's number of pending holds and what they hold."""
        return {AccountId(row[0]): (int(row[1]), int(row[2])) for row in self._connection.execute(_HELD)}

    def cached_balances(self) -> Mapping[AccountId, tuple[int, int]]:
        """Return the cached (posted, held) of every account that has balance rows."""
        return {AccountId(row[0]): (int(row[1]), int(row[2])) for row in self._connection.execute(_CACHED)}

    def holds_adrift(self, *, limit: int) -> Sequence[tuple[str, int, int]]:
        """Return (hold id, what it holds, what its open jobs cost) wherever the two differ."""
        return [(row[0], int(row[1]), int(row[2])) for row in self._connection.execute(_ADRIFT, {"limit": limit})]

    def jobs_paid_wrongly(self, *, limit: int) -> Sequence[tuple[str, int, str]]:
        """Return (job, payments, state) of jobs paid more than once, or paid and not done, or done and not paid."""
        paid = self._connection.execute(_PAID_WRONGLY, {"limit": limit})
        unpaid = self._connection.execute(_UNPAID, {"limit": limit})
        return [(row[0], int(row[1]), row[2]) for row in paid] + [(row[0], 0, "done") for row in unpaid]

    def add_transfer(self, transfer: Transfer) -> None:
        """Write a transfer whose id is new."""
        self._writes.add(
            _ADD_TRANSFER,
            {
                "transfer_id": transfer.transfer_id,
                "from_id": transfer.from_id,
                "to_id": transfer.to_id,
                "amount_mk": transfer.amount_mk,
                "reason": transfer.reason.value,
                "ref": transfer.ref,
                "made_at_ms": transfer.made_at_ms,
            },
        )
        if transfer.to_id == ESCROW:
            self._escrows.move(transfer.from_id, transfer.amount_mk)
        elif transfer.from_id == ESCROW:
            self._escrows.move(transfer.to_id, -transfer.amount_mk)
        key = transfer.ref or transfer.transfer_id
        self._move(transfer.from_id, key, posted_mk=-transfer.amount_mk)
        self._move(transfer.to_id, key, posted_mk=transfer.amount_mk)

    def add_hold(self, hold: Hold) -> None:
        """Write a pending hold."""
        self._holds[hold.hold_id] = hold
        self._writes.add(
            _ADD_HOLD,
            {
                "hold_id": hold.hold_id,
                "account_id": hold.account_id,
                "amount_mk": hold.amount_mk,
                "posted_mk": 0,
                "returned_mk": 0,
                "state": hold.state.value,
                "expires_at_ms": hold.expires_at_ms,
                "made_at_ms": hold.made_at_ms,
                "shared_key_id": hold.shared_key_id,
            },
        )
        if hold.shared_key_id is not None:
            self._keys.move(hold.shared_key_id, reserved_mk=hold.amount_mk, utilized_mk=0)
        self._move(hold.account_id, hold.hold_id, held_mk=hold.amount_mk)

    def settle_hold(self, hold: Hold, *, posted_mk: int, returned_mk: int, expired: bool = False) -> Hold:
        """Take this much out of a hold: posted (the transfer is the caller's) and given back."""
        posted, returned, state = hold.posted_mk + posted_mk, hold.returned_mk + returned_mk, hold.state
        if posted + returned == hold.amount_mk:
            state = HoldState.EXPIRED if expired else HoldState.POSTED if posted else HoldState.VOIDED
        after = replace(hold, posted_mk=posted, returned_mk=returned, state=state)
        self._holds[after.hold_id] = after
        self._writes.add(
            _SETTLE,
            {
                "hold_id": after.hold_id,
                "posted_mk": after.posted_mk,
                "returned_mk": after.returned_mk,
                "state": after.state.value,
            },
        )
        if hold.shared_key_id is not None:
            self._keys.move(hold.shared_key_id, reserved_mk=-(posted_mk + returned_mk), utilized_mk=posted_mk)
        self._move(hold.account_id, hold.hold_id, held_mk=-(posted_mk + returned_mk))
        return after

    def snapshot(self, now_ms: int) -> None:
        """Write down the balances of the accounts that have no cached row, as of some minutes ago."""
        snapshots.write(self._connection, now_ms)

    def uncached_posted(self, account_id: AccountId) -> int:
        """Return the balance of an account without a cached row: its last snapshot and the journal since."""
        return snapshots.posted_mk(self._connection, account_id)

    def unflushed(self, account_id: AccountId) -> tuple[int, int]:
        """Return what this transaction has moved of the account and not written yet: (posted, held)."""
        moved = [amounts for (mover, _), amounts in self._moved.items() if mover == account_id]
        return sum(posted for posted, _ in moved), sum(held for _, held in moved)

    def flush(self) -> None:
        """Write all that waits, the balance rows last and in order of id."""
        rows = [(*key, *amounts) for key, amounts in sorted(self._moved.items()) if amounts != (0, 0)]
        self._moved.clear()
        for account_id in self._memory.newly_hot({row[0] for row in rows}):
            self._writes.add(_MARK_HOT, {"id": account_id, "hot": True})
        self._writes.flush(last=_ADD_TO_BALANCES, rows=rows)

    def _move(self, account_id: AccountId, key: str, *, posted_mk: int = 0, held_mk: int = 0) -> None:
        """Note what a balance row gets at the end."""
        if account_id in UNCACHED:
            return
        many = account_id == ANONYMOUS or account_id in self._memory.hot
        place = (account_id, zlib.crc32(key.encode()) % HOT_SLOTS if many else 0)
        posted, held = self._moved.get(place, (0, 0))
        self._moved[place] = (posted + posted_mk, held + held_mk)


def _transfer(row: Any) -> Transfer:  # noqa: ANN401 - a row of the journal
    """Return the transfer of a row."""
    return Transfer(
        transfer_id=row.transfer_id,
        from_id=AccountId(row.from_id),
        to_id=AccountId(row.to_id),
        amount_mk=row.amount_mk,
        reason=TransferReason(row.reason),
        ref=row.ref,
        made_at_ms=row.made_at_ms,
    )


def _hold(row: Any) -> Hold:  # noqa: ANN401 - a row of the holds
    """Return the hold of a row."""
    return Hold(
        hold_id=row.hold_id,
        account_id=AccountId(row.account_id),
        amount_mk=row.amount_mk,
        posted_mk=row.posted_mk,
        returned_mk=row.returned_mk,
        state=HoldState(row.state),
        expires_at_ms=row.expires_at_ms,
        made_at_ms=row.made_at_ms,
        shared_key_id=row.shared_key_id,
    )
