"""Authenticate: whose key is this."""

from core.domain.accounts import Account
from core.domain.errors import NotPermitted, Unauthorized
from core.domain.ids import ANONYMOUS, ANONYMOUS_KEY
from core.ports.store import ReadTransaction, Transaction


def authenticate(tx: ReadTransaction | Transaction, *, api_key: str, deleted_too: bool = False) -> Account:
    """Return the account that the key belongs to; ``0000000000`` is the anonymous one.

    deleted_too: also an account that was deleted, so that its owner can take that back or have it wiped. Raises
    ``Unauthorized`` for any other key that nobody has, ``NotPermitted`` for a deleted account.
    """
    account = tx.accounts.get(ANONYMOUS) if api_key == ANONYMOUS_KEY else tx.accounts.by_api_key(api_key)
    if account is None:
        message = (
            "No account has this API key. Check it for missing characters, make an account, "
            f"or use {ANONYMOUS_KEY} to go without one."
        )
        raise Unauthorized(message)
    if account.is_deleted and not deleted_too:
        message = f"{account.handle} was deleted. Its owner can take that back by undeleting the account."
        raise NotPermitted(message, code="DeletedUser")
    return account
