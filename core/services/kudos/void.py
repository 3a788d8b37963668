"""Void: held kudos are given back."""

from core.domain.errors import NotFound
from core.domain.kudos.ledger import Hold, HoldState
from core.ports.store import Transaction


def void(tx: Transaction, *, hold_id: str, amount_mk: int | None = None) -> Hold:
    """Return the hold after ``amount_mk`` of it (None: all that is left) is available again to its account.

    Never gives back more than is held. Raises ``NotFound`` for a hold that never was.
    """
    held = tx.ledger.take_hold(hold_id)
    if held is None:
        message = f"There is no hold {hold_id!r}. Nothing was given back."
        raise NotFound(message)
    returned_mk = held.held_mk if amount_mk is None else min(amount_mk, held.held_mk)
    if returned_mk == 0:
        return held
    return tx.ledger.settle_hold(held, posted_mk=0, returned_mk=returned_mk)


def expire_holds(tx: Transaction, *, now_ms: int, limit: int = 100) -> int:
    """Return how many holds were past their time and have been given back; those of open requests never are."""
    due = tx.ledger.holds_due(now_ms, limit=limit)
    expired = 0
    for hold_id in sorted(held.hold_id for held in due):
        held = tx.ledger.take_hold(hold_id)
        if held is not None and held.state is HoldState.PENDING:
            tx.ledger.settle_hold(held, posted_mk=0, returned_mk=held.held_mk, expired=True)
            expired += 1
    return expired
