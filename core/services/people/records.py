"""Records: what the journal says is added up for each account, so that nobody sums a whole journal to be shown one."""

from collections import defaultdict
from itertools import takewhile
from typing import Final

from core.domain.ids import AccountId
from core.domain.kudos.ledger import TransferReason
from core.domain.records import Moved
from core.ports.store import ReadTransaction, Transaction

SETTLED_MS: Final = 600_000
"""No transaction is open so long: below a transfer of that age no place in the journal is filled any more."""


def roll_up_journal(tx: Transaction, *, now_ms: int, limit: int = 1_000) -> int:
    """Return how many transfers are in the records now, each exactly once; the last ten minutes' come later."""
    movements = tx.records.movements(after_seq=tx.records.take_journal_mark(), limit=limit)
    # The first younger one ends the round: what is behind it waits, so that the mark passes over nothing.
    settled = list(takewhile(lambda one: one.made_at_ms < now_ms - SETTLED_MS, movements))
    if not settled:
        return 0
    moved: defaultdict[tuple[AccountId, TransferReason], Moved] = defaultdict(Moved)
    for one in settled:
        moved[one.from_id, one.reason] += Moved(spent_mk=one.amount_mk)
        moved[one.to_id, one.reason] += Moved(earned_mk=one.amount_mk)
    tx.records.add_moved(moved, up_to_seq=settled[-1].seq)
    return len(settled)


def has_settled(tx: ReadTransaction, now_ms: int) -> bool:
    """Tell whether a transfer is old enough and not in the records yet."""
    following = tx.records.movements(after_seq=tx.records.journal_mark(), limit=1)
    return bool(following) and following[0].made_at_ms < now_ms - SETTLED_MS
