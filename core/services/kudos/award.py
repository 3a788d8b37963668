"""Award: the horde gives kudos for something done."""

from core.domain.accounts import Account, parse_handle
from core.domain.errors import InvalidRequest, NotPermitted
from core.domain.ids import MINT, TREASURY, AccountId, new_id
from core.domain.kudos.ledger import Transfer, TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.ports.store import Transaction
from core.services.kudos.transfer import transfer

WHY_CHARS_MAX = 200


def award(
    tx: Transaction,
    *,
    actor: Account | None,
    target: str,
    amount_mk: int,
    why: str,
    policy: KudosPolicy,
    now_ms: int,
    from_treasury: bool = False,
    idempotency_key: str | None = None,
) -> Transfer:
    """Return the award, made by the mint or, within what it has, by the treasury; the same key awards once.

    actor: a moderator, an admin or an awarder; None is whoever runs the horde's commands. The transfer's ref keeps who
    awarded it and why. Raises ``NotPermitted``, ``InvalidRequest``, ``InsufficientKudos`` for an empty treasury, and
    ``Conflict`` where the key was used for another award.
    """
    if actor is not None and not actor.moderator and actor.id not in policy.awarders | policy.admins:
        message = f"{actor.handle} may not award kudos: only moderators, admins and awarders may. To give, transfer."
        raise NotPermitted(message, code="NotAllowedAwards")
    account = _taker(tx, target)
    why = " ".join(why.split())
    if len(why) > WHY_CHARS_MAX:
        message = f"The reason has {len(why)} characters; {WHY_CHARS_MAX} are kept. Say it shorter."
        raise InvalidRequest(message, field="why", limit=WHY_CHARS_MAX, value=len(why))
    if amount_mk <= 0:
        message = f"{amount_mk / 1000:g} kudos cannot be awarded. Award 1 or more."
        raise InvalidRequest(message, field="amount", limit=1, value=amount_mk, code="InvalidKudosTransferAmount")
    by = "operator" if actor is None else str(actor.id)
    return transfer(
        tx,
        transfer_id=f"award:{by}:{new_id() if idempotency_key is None else idempotency_key}",
        from_id=TREASURY if from_treasury else MINT,
        to_id=account,
        amount_mk=amount_mk,
        reason=TransferReason.AWARD,
        ref=f"{by} {why}".strip(),
        floor_mk=0 if from_treasury else None,
        now_ms=now_ms,
    )


def _taker(tx: Transaction, target: str) -> AccountId:
    """Return the account of a ``name#number``; raises ``InvalidRequest``."""
    handle = parse_handle(target)
    account = tx.accounts.get(handle[1]) if handle is not None else None
    if handle is None or account is None or account.is_deleted or account.name.casefold() != handle[0].casefold():
        message = f"There is no account {target[:60]!r}. Write it as it is shown, name#number, for example ann#12."
        raise InvalidRequest(message, field="username", value=target[:60], code="InvalidAwardUsername")
    if account.is_anonymous:
        message = "The anonymous account is everyone's: an award to it would be nobody's. Name an account."
        raise InvalidRequest(message, field="username", code="KudosAwardToAnon")
    return account.id
