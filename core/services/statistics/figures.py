"""Figures: the horde in a few numbers, read at once, for whoever watches over it."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.domain.ids import ANONYMOUS, ESCROW, MINT, REMOTE, TREASURY, AccountId
from core.domain.kinds.kind import Kind
from core.domain.statistics import Crowd, Period, Tally
from core.ports.store import ReadTransaction
from core.services.statistics.crowd import crowd


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Who is there and what waits, kind by kind, and what was done since the horde began."""

    crowds: tuple[Crowd, ...]
    done: Mapping[Kind, Tally]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFigures:
    """What is where, in millikudos: the accounts of the system, and the people's together; what is held of theirs."""

    posted_mk: Mapping[str, int]
    held_mk: int

    @property
    def sum_mk(self) -> int:
        """The sum of all balances, which is 0 in a ledger that is right."""
        return sum(self.posted_mk.values())


def figures(tx: ReadTransaction, *, now_ms: int, online_s: int) -> Figures:
    """Return the queue's figures as of now; what was done is a few seconds old."""
    return Figures(
        crowds=crowd(tx, now_ms=now_ms, online_s=online_s),
        done={kind: tx.statistics.sums(Period.TOTAL, kind=kind, since_ms=0) for kind in Kind},
    )


def ledger_figures(tx: ReadTransaction) -> LedgerFigures:
    """Return the ledger's sums, all from one view: those of the system from the journal, the others from the cache."""
    system = {"mint": MINT, "treasury": TREASURY, "escrow": ESCROW, "remote": REMOTE}
    posted_mk = {name: _posted(tx, account_id) for name, account_id in system.items()}
    anonymous_mk = _posted(tx, ANONYMOUS)
    people_mk, held_mk = tx.statistics.balances()
    return LedgerFigures(
        posted_mk=posted_mk | {"anonymous": anonymous_mk, "people": people_mk - anonymous_mk}, held_mk=held_mk
    )


def _posted(tx: ReadTransaction, account_id: AccountId) -> int:
    """Return an account's balance, 0 where it is not there."""
    account = tx.accounts.get(account_id)
    return account.kudos_mk if account is not None else 0
