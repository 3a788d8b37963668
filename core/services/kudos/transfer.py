"""Transfer: kudos move from one account to another, once for each id."""

from core.domain.errors import Conflict, InsufficientKudos, InvalidRequest, NotFound
from core.domain.ids import AccountId
from core.domain.kudos.ledger import Transfer, TransferReason
from core.ports.store import Transaction


def transfer(
    tx: Transaction,
    *,
    transfer_id: str,
    from_id: AccountId,
    to_id: AccountId,
    amount_mk: int,
    reason: TransferReason,
    now_ms: int,
    ref: str = "",
    floor_mk: int | None = None,
) -> Transfer:
    """Return the transfer of this id: made now, or, if the id was used for the same before, as it was made then.

    floor_mk: what the giver must keep available (gifts and tips: 0); None allows debt without end. Raises
    ``InvalidRequest`` for an amount below 1, ``InsufficientKudos`` under the floor, ``NotFound`` for an account that
    does not exist, ``Conflict`` where the id was used for something else.
    """
    wanted = Transfer(
        transfer_id=transfer_id,
        from_id=from_id,
        to_id=to_id,
        amount_mk=amount_mk,
        reason=reason,
        ref=ref,
        made_at_ms=now_ms,
    )
    # Under a floor the giver's row comes first: two at once must not both give what is there for one, and who comes
    # second with the same id must find the first.
    giver = tx.accounts.get(from_id) if floor_mk is None else tx.accounts.lock(from_id)
    known = tx.ledger.transfer(transfer_id)
    if known is not None:
        return _the_same(known, wanted)
    if amount_mk < 1:
        message = f"A transfer of {amount_mk} millikudos cannot be made: give at least 1."
        raise InvalidRequest(message, field="amount", limit=1, value=amount_mk, code="NegativeTransfer")
    if giver is None or tx.accounts.get(to_id) is None:
        message = f"There is no account with the number {from_id if giver is None else to_id}. Check the number."
        raise NotFound(message, code="UserNotFound")
    if floor_mk is not None and giver.available_mk - amount_mk < floor_mk:
        message = (
            f"{giver.handle} has {giver.available_mk / 1000:.2f} kudos available, which does not cover "
            f"{amount_mk / 1000:.2f}. Give less, or earn some first by running a worker."
        )
        raise InsufficientKudos(
            message, field="amount", limit=giver.available_mk, value=amount_mk, code="KudosTransferNotEnough"
        )
    tx.ledger.add_transfer(wanted)
    return wanted


def _the_same(known: Transfer, wanted: Transfer) -> Transfer:
    """Return the known transfer if the wanted one means the same, else raise ``Conflict``."""
    one = (known.from_id, known.to_id, known.amount_mk, known.reason)
    if one != (wanted.from_id, wanted.to_id, wanted.amount_mk, wanted.reason):
        message = f"The transfer id {wanted.transfer_id!r} was already used for another transfer. Take a new id."
        raise Conflict(message, code="IdempotencyKeyConflict")
    return known
