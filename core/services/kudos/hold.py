"""Hold: kudos are set aside until they are posted or given back."""

from core.domain.errors import Conflict, InsufficientKudos, InvalidRequest, NotFound
from core.domain.ids import AccountId
from core.domain.kudos.ledger import Hold, HoldState
from core.ports.store import Transaction


def hold(
    tx: Transaction,
    *,
    hold_id: str,
    account_id: AccountId,
    amount_mk: int,
    expires_at_ms: int,
    now_ms: int,
    floor_mk: int | None = None,
    floor_why: str | None = None,
    shared_key_id: str | None = None,
    is_new: bool = False,
) -> Hold:
    """Return the pending hold of this id; asking again for the same changes nothing.

    floor_mk: what must stay available; None allows debt. floor_why: the clause of ``upfront_reason``, for the refusal.
    shared_key_id: whose budget goes along with the hold; ``check_shared_key`` has locked and checked it in this
    transaction. is_new: the caller has just made up the id, for an account that it has just read. Raises
    ``InvalidRequest`` for a negative amount, ``InsufficientKudos`` under the floor, ``NotFound``, and ``Conflict``
    where the id was used for something else.
    """
    known = None if is_new else tx.ledger.hold(hold_id)
    if known is not None:
        if (known.account_id, known.amount_mk) != (account_id, amount_mk):
            message = f"The hold id {hold_id!r} was already used for another hold. Take a new id."
            raise Conflict(message, code="IdempotencyKeyConflict")
        return known
    if amount_mk < 0:
        message = f"A hold of {amount_mk} millikudos cannot be made: give 0 or more."
        raise InvalidRequest(message, field="amount", limit=0, value=amount_mk)
    if floor_mk is not None or not is_new:
        _check_floor(tx, account_id=account_id, amount_mk=amount_mk, floor_mk=floor_mk, floor_why=floor_why)
    pending = Hold(
        hold_id=hold_id,
        account_id=account_id,
        amount_mk=amount_mk,
        posted_mk=0,
        returned_mk=0,
        state=HoldState.PENDING,
        expires_at_ms=expires_at_ms,
        made_at_ms=now_ms,
        shared_key_id=shared_key_id,
    )
    tx.ledger.add_hold(pending)
    return pending


def _check_floor(
    tx: Transaction, *, account_id: AccountId, amount_mk: int, floor_mk: int | None, floor_why: str | None
) -> None:
    """Return if the account is there and may have so much set aside."""
    # Under a floor, two at once must not both spend what is there for one.
    account = tx.accounts.get(account_id) if floor_mk is None else tx.accounts.lock(account_id)
    if account is None:
        message = f"There is no account with the number {account_id}. Check the number."
        raise NotFound(message, code="UserNotFound")
    if floor_mk is not None and account.available_mk - amount_mk < floor_mk:
        needs = f"The kudos for this must be there when it is asked, since {floor_why}: " if floor_why else ""
        message = (
            f"{needs}{account.handle} has {account.available_mk / 1000:.2f} kudos available, which does not cover "
            f"{amount_mk / 1000:.2f}. Ask for less, or earn some first by running a worker."
        )
        raise InsufficientKudos(message, field="kudos", limit=account.available_mk, value=amount_mk)
