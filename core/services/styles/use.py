"""Use: an order was made with a style, which is counted, and its owner is thanked."""

from typing import Final

from core.domain.errors import InsufficientKudos
from core.domain.ids import AccountId, RequestId
from core.domain.kudos.ledger import TransferReason
from core.ports.store import Transaction
from core.services.kudos.transfer import transfer
from core.services.styles.find import Chosen

THANKS_MK: Final = 2_000
"""What a style's owner gets when others use it (AI Horde: 2 kudos)."""


def count_use(
    tx: Transaction, chosen: Chosen, *, by: AccountId, request_id: RequestId, now_ms: int, lent: bool = False
) -> bool:
    """Return True if the style's owner got its 2 kudos from who asked; the use is counted in any case.

    One's own style costs nothing; nor does one that is used on lent kudos, whose budget is for the work. Nobody goes
    into debt for it: from an account made a moment ago no kudos could be drawn that were never earned.
    """
    tx.styles.used(chosen.style.id)
    if chosen.collection is not None:
        tx.collections.used(chosen.collection.id)
    if lent or by == chosen.style.account_id:
        return False
    try:
        transfer(
            tx,
            transfer_id=f"{TransferReason.STYLE}:{request_id}",
            from_id=by,
            to_id=chosen.style.account_id,
            amount_mk=THANKS_MK,
            reason=TransferReason.STYLE,
            now_ms=now_ms,
            ref=chosen.style.id,
            floor_mk=0,
        )
    except InsufficientKudos:
        return False
    return True
