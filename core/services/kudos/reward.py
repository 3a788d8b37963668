"""Reward: the horde itself pays for work, and what an untrusted owner earns waits in part."""

from core.domain.errors import NotFound
from core.domain.ids import ESCROW, MINT, AccountId
from core.domain.kudos.ledger import Transfer, TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.domain.kudos.rewards import escrow_share_mk
from core.ports.store import Transaction
from core.services.kudos.transfer import transfer


def reward(
    tx: Transaction,
    *,
    account_id: AccountId,
    amount_mk: int,
    transfer_id: str,
    reason: TransferReason,
    ref: str,
    policy: KudosPolicy,
    now_ms: int,
) -> int:
    """Return how much of the reward, paid by the mint, the account has at once; the rest waits until it is trusted.

    The same transfer id pays once; again it is 0. Raises ``NotFound`` for an account that does not exist, and what
    ``transfer`` raises.
    """
    if tx.ledger.transfer(transfer_id) is not None:
        return 0
    account = tx.accounts.get(account_id)
    if account is None:
        message = f"There is no account with the number {account_id}. Nothing was paid; check the worker's owner."
        raise NotFound(message, code="UserNotFound")
    transfer(
        tx,
        transfer_id=transfer_id,
        from_id=MINT,
        to_id=account_id,
        amount_mk=amount_mk,
        reason=reason,
        ref=ref,
        now_ms=now_ms,
    )
    kept_mk = escrow_share_mk(amount_mk, policy, owner_trusted=account.trusted)
    put_aside(tx, account_id=account_id, amount_mk=kept_mk, of_transfer=transfer_id, ref=ref, now_ms=now_ms)
    return amount_mk - kept_mk


def put_aside(
    tx: Transaction, *, account_id: AccountId, amount_mk: int, of_transfer: str, ref: str, now_ms: int
) -> None:
    """Have so much of what the account was paid by a transfer of this transaction wait; 0 moves nothing.

    That transfer is new, so this one is: nothing has to be looked up.
    """
    if amount_mk > 0:
        tx.ledger.add_transfer(
            Transfer(
                transfer_id=f"escrow:{of_transfer}",
                from_id=account_id,
                to_id=ESCROW,
                amount_mk=amount_mk,
                reason=TransferReason.ESCROW,
                ref=ref,
                made_at_ms=now_ms,
            )
        )


def release_escrow(tx: Transaction, *, account_id: AccountId, transfer_id: str, now_ms: int) -> int:
    """Return how much waited for the account; it has it now."""
    waiting_mk = tx.escrows.of(account_id)
    if waiting_mk > 0:
        transfer(
            tx,
            transfer_id=transfer_id,
            from_id=ESCROW,
            to_id=account_id,
            amount_mk=waiting_mk,
            reason=TransferReason.PROMOTION,
            now_ms=now_ms,
        )
    return waiting_mk
