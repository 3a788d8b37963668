"""Rotate: an account gets a new API key, and the old one is worth nothing from then on."""

import secrets

from core.domain.accounts import Account, NewAccount
from core.domain.errors import NotFound, NotPermitted
from core.domain.ids import AccountId
from core.ports.store import Transaction


def rotate_key(tx: Transaction, *, actor: Account | None, account_id: AccountId, now_ms: int) -> NewAccount:
    """Return the account and its new key, which is shown this once; every older key dies at once.

    Only its owner may, and whoever runs the horde's commands (actor None): with a key comes the account. Raises
    ``NotPermitted`` and ``NotFound``.
    """
    account = tx.accounts.lock(account_id)
    if account is None:
        message = f"There is no account with the number {account_id}. Check the number after the '#'."
        raise NotFound(message, code="UserNotFound")
    if account.is_anonymous or account.is_system:
        message = f"The account {account.name} is everyone's or nobody's; it has no key of its own."
        raise NotPermitted(message, code="AnonForbidden")
    if actor is not None and actor.id != account_id:
        message = f"Only {account.handle} may have a new key for this account."
        raise NotPermitted(message, code="NotPrivileged")
    tx.accounts.drop_keys(account_id)
    api_key = secrets.token_urlsafe(16)
    tx.accounts.add_key(account_id=account_id, api_key=api_key, now_ms=now_ms)
    return NewAccount(account=account, api_key=api_key)
