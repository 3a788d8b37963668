"""Identify: the account behind a platform's account, made at first sight."""

from core.domain.account_changes import NAME_CHARS_MAX
from core.domain.accounts import Account, Identity
from core.domain.errors import NotFound
from core.ports.store import Transaction


def identify(tx: Transaction, *, platform: str, external_id: str, display_name: str, now_ms: int) -> Account:
    """Return the account that this identity belongs to; at first sight a guest account of its own, at zero kudos."""
    known = tx.accounts.by_identity(platform=platform, external_id=external_id)
    if known is not None:
        return known
    account_id = tx.accounts.add(
        name=_account_name(display_name, platform), trusted=False, moderator=False, guest=True, now_ms=now_ms
    )
    tx.accounts.add_identity(
        Identity(platform=platform, external_id=external_id, account_id=account_id, display_name=display_name),
        now_ms=now_ms,
    )
    account = tx.accounts.get(account_id)
    if account is None:
        message = f"The account {account_id} is gone right after it was made; look at the database."
        raise NotFound(message, code="UserNotFound")
    return account


def _account_name(display_name: str, platform: str) -> str:
    """Return a display name as an account may bear it."""
    printable = "".join(c for c in display_name if c.isprintable() and c != "#")
    return " ".join(printable.split())[:NAME_CHARS_MAX].strip() or f"{platform} guest"
