"""Adjust: an admin corrects an account's kudos, up or down."""

from core.domain.accounts import Account
from core.domain.errors import InvalidRequest, NotFound, NotPermitted
from core.domain.ids import MINT, AccountId, new_id
from core.domain.kudos.ledger import Transfer, TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.ports.store import Transaction
from core.services.kudos.transfer import transfer

AMOUNT_MAX_MK = 10**15


def adjust(
    tx: Transaction, *, actor: Account | None, account_id: AccountId, amount_mk: int, policy: KudosPolicy, now_ms: int
) -> Transfer:
    """Return the correction: so much more from the mint, or (negative) so much back to it, which may leave a debt.

    actor: an admin; None is whoever runs the horde's commands. The transfer's ref keeps who it was. Raises
    ``NotPermitted``, ``NotFound``, and ``InvalidRequest`` for 0 and for more than 10**12 kudos.
    """
    if actor is not None and actor.id not in policy.admins:
        message = "Only an admin may change an account's kudos. Ask whoever runs this horde."
        raise NotPermitted(message, code="NotAdmin")
    account = tx.accounts.get(account_id)
    if account is None:
        message = f"There is no account with the number {account_id}. Check the number after the '#'."
        raise NotFound(message, code="UserNotFound")
    if account.is_anonymous or account.is_system:
        message = f"The account {account.name} is everyone's or nobody's; its kudos cannot be changed."
        raise NotPermitted(message, code="AnonForbiddenUserMod")
    if amount_mk == 0 or abs(amount_mk) > AMOUNT_MAX_MK:
        message = (
            f"Kudos can be changed by up to {AMOUNT_MAX_MK // 1000}, up or down, but not by {amount_mk / 1000:g}. "
            "Choose another amount."
        )
        raise InvalidRequest(message, field="kudos", limit=AMOUNT_MAX_MK // 1000, value=amount_mk / 1000)
    gives = amount_mk > 0
    return transfer(
        tx,
        transfer_id=f"correction:{new_id()}",
        from_id=MINT if gives else account_id,
        to_id=account_id if gives else MINT,
        amount_mk=abs(amount_mk),
        reason=TransferReason.CORRECTION,
        ref="operator" if actor is None else str(actor.id),
        now_ms=now_ms,
    )
