"""Give: an account makes another, or a shared key, a gift of kudos."""

import uuid
from dataclasses import dataclass, replace

from core.domain.accounts import Account, parse_handle
from core.domain.errors import Conflict, InvalidRequest, NotFound, RateLimited
from core.domain.ids import AccountId, new_id
from core.domain.kudos.keys import UNLIMITED, SharedKey
from core.domain.kudos.ledger import Transfer, TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.ports.store import Transaction
from core.services.kudos.transfer import transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """Who a gift is for: an account, or a shared key and so its owner."""

    account: Account
    key: SharedKey | None = None


def give(
    tx: Transaction,
    *,
    from_id: AccountId,
    target: str,
    amount_mk: int,
    policy: KudosPolicy,
    now_ms: int,
    idempotency_key: str | None = None,
) -> Transfer:
    """Return the gift: made now or, where the idempotency key made the same one before, as it was then.

    target: ``name#number``, or a shared key, whose owner gets the kudos and whose budget grows by them. The checks and
    codes are the AI Horde's, in its order; a giver keeps at least 0 available. Raises ``InvalidRequest``,
    ``RateLimited`` (who was just given kudos gives them back), ``InsufficientKudos``, and ``Conflict`` where the
    idempotency key was used for another gift.
    """
    to = _find(tx, target)
    transfer_id = f"gift:{from_id}:{new_id() if idempotency_key is None else idempotency_key}"
    ref = to.key.id if to.key is not None else ""
    known = tx.ledger.transfer(transfer_id)
    if known is not None and (known.to_id, known.amount_mk, known.ref) == (to.account.id, amount_mk, ref):
        return known
    giver = tx.accounts.get(from_id)
    if giver is None:
        message = f"There is no account with the number {from_id}. Check whose key this is."
        raise NotFound(message, code="UserNotFound")
    if to.key is not None and to.key.is_over(now_ms):
        message = f"The shared key {to.key.name!r} is past its time, so no kudos can be given to it. Ask its owner."
        raise InvalidRequest(message, field="username", code="SharedKeyExpired")
    _check_who(giver, to.account)
    last_ms = tx.ledger.last_gift_ms(from_id=to.account.id, to_id=from_id)
    if last_ms is not None and now_ms - last_ms < policy.reverse_gift_s * 1_000:
        wait_s = (last_ms + policy.reverse_gift_s * 1_000 - now_ms) / 1_000
        message = (
            f"{to.account.handle} gave kudos to {giver.handle} less than {policy.reverse_gift_s} s ago, so none "
            f"go back yet. Try again in {wait_s:.0f} s."
        )
        raise RateLimited(message, retry_after_s=wait_s, code="TooFastKudosTransfers")
    check_standing(giver, to.account, policy)
    _check_amount(amount_mk)
    if known is not None:
        message = f"The idempotency key {idempotency_key!r} already made another gift. Take a new key."
        raise Conflict(message, code="IdempotencyKeyConflict")
    made = transfer(
        tx,
        transfer_id=transfer_id,
        from_id=from_id,
        to_id=to.account.id,
        amount_mk=amount_mk,
        reason=TransferReason.GIFT,
        ref=ref,
        floor_mk=0,
        now_ms=now_ms,
    )
    if to.key is not None and to.key.budget_mk != UNLIMITED:
        tx.keys.put(replace(to.key, budget_mk=to.key.budget_mk + amount_mk))
    return made


def _find(tx: Transaction, target: str) -> _Target:
    """Return who the text names; a key is locked. Raises ``InvalidRequest`` where it names nobody."""
    try:
        key_id = str(uuid.UUID(target.strip()))
    except ValueError:
        key_id = None
    if key_id is not None:
        key = tx.keys.lock(key_id)
        owner = tx.accounts.get(key.account_id) if key is not None and key.revoked_at_ms is None else None
        if key is not None and owner is not None:
            return _Target(account=owner, key=key)
        message = "There is no shared key like this (any more). Check it, or ask who lent it to you."
        raise InvalidRequest(message, field="username", code="InvalidTargetUsername")
    handle = parse_handle(target)
    account = tx.accounts.get(handle[1]) if handle is not None else None
    if handle is None or account is None or account.name.casefold() != handle[0].casefold():
        message = (
            f"There is no account {target[:60]!r}. Write it as it is shown, name#number, for example ann#12; "
            "or give a shared key."
        )
        raise InvalidRequest(message, field="username", value=target[:60], code="InvalidTargetUsername")
    return _Target(account=account)


def _check_who(giver: Account, taker: Account) -> None:
    """Raise ``InvalidRequest`` where one of the two is everyone, or both are the same."""
    if taker.is_anonymous:
        message = "The anonymous account is everyone's: kudos given to it would be nobody's. Name an account."
        raise InvalidRequest(message, field="username", code="KudosTransferToAnon")
    if taker.id == giver.id:
        message = f"{giver.handle} cannot give kudos to itself. Name another account."
        raise InvalidRequest(message, field="username", code="KudosTransferToSelf")
    if giver.is_anonymous:
        message = "The anonymous account cannot give kudos. Make an account, and use its key."
        raise InvalidRequest(message, field="apikey", code="KudosTransferFromAnon")


def check_standing(giver: Account, taker: Account, policy: KudosPolicy) -> None:
    """Raise ``InvalidRequest`` where one of the two may not give or take kudos."""
    ask = "Write to the moderators if you think that this is a mistake."
    refusals = (
        (giver.is_suspicious(policy.suspicions_max), f"{giver.handle} is under suspicion", "FaultWhenKudosSending"),
        (giver.flagged, f"{giver.handle} was flagged by a moderator", "SourceAccountFlagged"),
        (giver.education, f"{giver.handle} is an account for education", "EducationCannotSendKudos"),
        (taker.is_suspicious(policy.suspicions_max), f"{taker.handle} is under suspicion", "FaultWhenKudosReceiving"),
        (taker.flagged, f"{taker.handle} was flagged by a moderator", "TargetAccountFlagged"),
        (giver.is_deleted or taker.is_deleted, "One of the two accounts was deleted", "DeletedUser"),
    )
    for refused, why, code in refusals:
        if refused:
            raise InvalidRequest(f"{why}, so no kudos were given. {ask}", field="username", code=code)


def _check_amount(amount_mk: int) -> None:
    """Raise ``InvalidRequest`` for less than the least amount."""
    if amount_mk < 0:
        message = f"{amount_mk / 1000:g} kudos cannot be given: that would be taking. Give 1 or more."
        raise InvalidRequest(message, field="amount", limit=1, value=amount_mk, code="NegativeKudosTransfer")
    if amount_mk == 0:
        message = "0 kudos cannot be given. Give 1 or more."
        raise InvalidRequest(message, field="amount", limit=1, value=0, code="InvalidKudosTransferAmount")
