"""Post: held kudos are spent."""

from core.domain.errors import NotFound
from core.domain.ids import AccountId
from core.domain.kudos.ledger import Hold, Transfer, TransferReason
from core.ports.store import Transaction


def post(
    tx: Transaction,
    *,
    hold_id: str,
    transfer_id: str,
    to_id: AccountId,
    amount_mk: int,
    reason: TransferReason,
    now_ms: int,
    ref: str = "",
    is_first: bool = False,
) -> Hold:
    """Return the hold after ``amount_mk`` of it has become a transfer; the same transfer id posts once.

    is_first: the caller's own lock proves that this id was never used (a job that was not done was not paid).

    Where the hold has less left (it has expired), the rest is paid all the same and becomes debt. Zero moves nothing.
    Raises ``NotFound`` for a hold that never was.
    """
    held = tx.ledger.take_hold(hold_id)
    if held is None:
        message = f"There is no hold {hold_id!r}. Nothing was spent."
        raise NotFound(message)
    if amount_mk <= 0 or (not is_first and tx.ledger.transfer(transfer_id) is not None):
        return held
    tx.ledger.add_transfer(
        Transfer(
            transfer_id=transfer_id,
            from_id=held.account_id,
            to_id=to_id,
            amount_mk=amount_mk,
            reason=reason,
            ref=ref,
            made_at_ms=now_ms,
        )
    )
    return tx.ledger.settle_hold(held, posted_mk=min(amount_mk, held.held_mk), returned_mk=0)
