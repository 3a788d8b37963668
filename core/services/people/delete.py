"""Delete: an account is taken down, and later, on wish, all that names a person is wiped."""

from dataclasses import replace

from core.domain.accounts import Account
from core.domain.errors import Conflict, InvalidRequest, NotFound, NotPermitted
from core.domain.ids import AccountId
from core.domain.kudos.policy import KudosPolicy
from core.ports.store import Transaction

WIPED_NAME = "deleted"


def delete_account(tx: Transaction, *, actor: Account | None, account_id: AccountId, now_ms: int) -> Account:
    """Return the account, which is taken down: its key opens nothing but ``undelete``, its shared keys are revoked.

    actor: its owner, a moderator, or None for whoever runs the horde's commands. Raises ``NotFound``,
    ``NotPermitted`` (also for a moderator's account), and ``Conflict`` where it is taken down already.
    """
    # Keys before accounts: the order in which everyone locks.
    keys = [locked for key in tx.keys.of_account(account_id) if (locked := tx.keys.lock(key.id)) is not None]
    account = _allowed(tx, actor=actor, account_id=account_id)
    if account.is_deleted:
        message = f"{account.handle} is deleted already. It can be undeleted, or after a while wiped."
        raise Conflict(message, code="DeletedUser")
    for key in keys:
        tx.keys.put(replace(key, revoked_at_ms=now_ms))
    account = replace(account, deleted_at_ms=now_ms)
    tx.accounts.put(account)
    return account


def wipe_account(
    tx: Transaction, *, actor: Account | None, account_id: AccountId, policy: KudosPolicy, now_ms: int
) -> Account:
    """Return the account without anything that names a person: name, texts, keys and identities are gone for good.

    Its transfers stay, as numbers of an account that is nobody's. Raises what ``delete_account`` raises, and
    ``InvalidRequest`` before ``wipe_after_s`` has passed since it was deleted.
    """
    account = _allowed(tx, actor=actor, account_id=account_id)
    at_ms = None if account.deleted_at_ms is None else account.deleted_at_ms + policy.wipe_after_s * 1_000
    if at_ms is None or now_ms < at_ms:
        days = policy.wipe_after_s / 86_400
        message = f"{account.handle} can be wiped {days:g} days after it was deleted. Until then it can be undeleted."
        raise InvalidRequest(message, field="id", limit=at_ms, value=now_ms, code="CannotWipeActiveUser")
    tx.accounts.drop_keys(account_id)
    tx.accounts.drop_identities(account_id)
    account = replace(account, name=WIPED_NAME, contact="", profile="", admin_comment="", public_workers=False)
    tx.accounts.put(account)
    return account


def _allowed(tx: Transaction, *, actor: Account | None, account_id: AccountId) -> Account:
    """Return the account, locked, if the actor may take it down."""
    account = tx.accounts.lock(account_id)
    if account is None:
        message = f"There is no account with the number {account_id}. Check the number after the '#'."
        raise NotFound(message, code="UserNotFound")
    if account.is_anonymous or account.is_system:
        message = f"The account {account.name} is everyone's or nobody's; it cannot be deleted."
        raise NotPermitted(message, code="AnonForbiddenUserMod")
    if account.moderator:
        message = f"{account.handle} is a moderator and cannot be deleted. Take the role away first."
        raise NotPermitted(message, code="CannotDeleteMod")
    if actor is not None and actor.id != account_id and not actor.moderator:
        message = f"Only {account.handle} or a moderator may delete this account."
        raise NotPermitted(message, code="NotUserOrMod")
    return account
