"""What accounts have done and earned in all."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Final

import sqlalchemy as sa

from core.domain.ids import AccountId, WorkerId
from core.domain.kinds.kind import Kind
from core.domain.kudos.ledger import TransferReason
from core.domain.records import Fulfilled, Moved, Movement, StyleMade, Usage
from core.store.rows.record.upsert import upsert
from core.store.tables import account_kudos, account_usage, journal_marks, styles, transfers, workers

_MARK: Final = "account_kudos"
_WORKERS_MAX: Final = 5_000
_STYLES_MAX: Final = 5_000
_THEM: Final = sa.bindparam("account_ids", type_=sa.BigInteger, expanding=True)
_USAGE = sa.select(account_usage).where(account_usage.c.account_id.in_(_THEM))
_MOVED = sa.select(account_kudos).where(account_kudos.c.account_id.in_(_THEM))
_FULFILLED = (
    sa.select(
        workers.c.account_id,
        workers.c.kind,
        sa.func.sum(workers.c.jobs_done).label("jobs"),
        sa.func.sum(workers.c.things_done).label("things"),
    )
    .where(workers.c.account_id.in_(_THEM))
    .group_by(workers.c.account_id, workers.c.kind)
)
_WORKER_IDS = (
    sa.select(workers.c.account_id, workers.c.id)
    .where(workers.c.account_id.in_(_THEM), workers.c.archived_at_ms.is_(None))
    .order_by(workers.c.account_id, workers.c.registered_at_ms, workers.c.id)
    .limit(_WORKERS_MAX)
)
_STYLES = (
    sa.select(styles.c.account_id, styles.c.id, styles.c.name, styles.c.kind, styles.c.public, styles.c.uses)
    .where(styles.c.account_id.in_(_THEM))
    .order_by(styles.c.account_id, styles.c.made_at_ms, styles.c.id)
    .limit(_STYLES_MAX)
)
_READ_MARK = sa.select(journal_marks.c.seq).where(journal_marks.c.name == _MARK)
_TAKE_MARK = _READ_MARK.with_for_update()
_MOVEMENTS = (
    sa.select(transfers)
    .where(transfers.c.seq > sa.bindparam("after_seq"))
    .order_by(transfers.c.seq)
    .limit(sa.bindparam("most"))
)
_ADD_USAGE: Final = upsert(
    account_usage,
    ("account_id", "kind"),
    lambda new: {name: account_usage.c[name] + new[name] for name in ("requests", "jobs", "things")},
)
_ADD_MOVED: Final = upsert(
    account_kudos,
    ("account_id", "reason"),
    lambda new: {name: account_kudos.c[name] + new[name] for name in ("earned_mk", "spent_mk")},
)
# A mark that is there stays: writing it as it is has everyone else wait for this transaction.
_BEGIN_MARK: Final = upsert(journal_marks, ("name",), lambda _: {"seq": journal_marks.c.seq})
_MOVE_MARK = sa.update(journal_marks).where(journal_marks.c.name == _MARK)


class Records:
    """The records of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection

    def usage(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, Mapping[Kind, Usage]]:
        """Return what the accounts asked for and got, as of the last roll-up."""
        found: defaultdict[AccountId, dict[Kind, Usage]] = defaultdict(dict)
        for row in self._connection.execute(_USAGE, {"account_ids": list(account_ids)}):
            counted = Usage(requests=row.requests, jobs=row.jobs, things=row.things)
            found[AccountId(row.account_id)][Kind(row.kind)] = counted
        return found

    def fulfilled(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, Mapping[Kind, Fulfilled]]:
        """Return what the accounts' workers made, those that are gone too."""
        found: defaultdict[AccountId, dict[Kind, Fulfilled]] = defaultdict(dict)
        for row in self._connection.execute(_FULFILLED, {"account_ids": list(account_ids)}):
            made = Fulfilled(jobs=int(row.jobs), things=int(row.things))
            found[AccountId(row.account_id)][Kind(row.kind)] = made
        return found

    def moved(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, Mapping[TransferReason, Moved]]:
        """Return what came to the accounts and left them, by reason, as of the last roll-up."""
        found: defaultdict[AccountId, dict[TransferReason, Moved]] = defaultdict(dict)
        for row in self._connection.execute(_MOVED, {"account_ids": list(account_ids)}):
            moved = Moved(earned_mk=row.earned_mk, spent_mk=row.spent_mk)
            found[AccountId(row.account_id)][TransferReason(row.reason)] = moved
        return found

    def worker_ids(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, tuple[WorkerId, ...]]:
        """Return the accounts' workers, the oldest first, at most five thousand in all."""
        found: defaultdict[AccountId, tuple[WorkerId, ...]] = defaultdict(tuple)
        for row in self._connection.execute(_WORKER_IDS, {"account_ids": list(account_ids)}):
            found[AccountId(row.account_id)] += (WorkerId(row.id),)
        return found

    def styles(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, tuple[StyleMade, ...]]:
        """Return the styles that the accounts made, the oldest first, at most five thousand in all."""
        found: defaultdict[AccountId, tuple[StyleMade, ...]] = defaultdict(tuple)
        for row in self._connection.execute(_STYLES, {"account_ids": list(account_ids)}):
            made = StyleMade(id=row.id, name=row.name, kind=Kind(row.kind), public=row.public, uses=row.uses)
            found[AccountId(row.account_id)] += (made,)
        return found

    def journal_mark(self) -> int:
        """Return up to which place of the journal ``moved`` has it."""
        return int(self._connection.scalar(_READ_MARK) or 0)

    def movements(self, *, after_seq: int, limit: int) -> Sequence[Movement]:
        """Return the transfers after this place in the journal, the oldest first."""
        return [
            Movement(
                seq=row.seq,
                made_at_ms=row.made_at_ms,
                from_id=AccountId(row.from_id),
                to_id=AccountId(row.to_id),
                amount_mk=row.amount_mk,
                reason=TransferReason(row.reason),
            )
            for row in self._connection.execute(_MOVEMENTS, {"after_seq": after_seq, "most": limit})
        ]

    def add_usage(self, usage: Mapping[tuple[AccountId, Kind], Usage]) -> None:
        """Add to what the accounts asked for and got; in order of the accounts, so that nobody waits in a circle."""
        rows = [
            {"account_id": account_id, "kind": kind.value, "requests": one.requests, "jobs": one.jobs}
            | {"things": one.things}
            for (account_id, kind), one in sorted(usage.items(), key=itemgetter(0))
        ]
        if rows:
            self._connection.execute(_ADD_USAGE[self._connection.dialect.name], rows)

    def take_journal_mark(self) -> int:
        """Return the mark; another transaction that takes it waits until this one has ended."""
        self._connection.execute(_BEGIN_MARK[self._connection.dialect.name], {"name": _MARK, "seq": 0})
        return int(self._connection.scalar(_TAKE_MARK) or 0)

    def add_moved(self, moved: Mapping[tuple[AccountId, TransferReason], Moved], *, up_to_seq: int) -> None:
        """Add to what came and left, and move the mark, which was taken, to this place."""
        rows = [
            {"account_id": account_id, "reason": reason.value, "earned_mk": one.earned_mk, "spent_mk": one.spent_mk}
            for (account_id, reason), one in sorted(moved.items(), key=itemgetter(0))
        ]
        if rows:
            self._connection.execute(_ADD_MOVED[self._connection.dialect.name], rows)
        self._connection.execute(_MOVE_MARK.values(seq=up_to_seq))
