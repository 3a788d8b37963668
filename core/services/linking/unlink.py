"""Unlink: an identity leaves a purse that it shares, for an account of its own."""

from core.domain.accounts import Account
from core.domain.errors import NotFound
from core.ports.store import Transaction
from core.services.people.identify import identify


def unlink(tx: Transaction, *, platform: str, external_id: str, now_ms: int) -> Account | None:
    """Return the identity's new account, a guest's at zero; None where it shares its account with nobody.

    The kudos stay with the purse; undoing the merge gives them back. Raises ``NotFound``.
    """
    account = tx.accounts.by_identity(platform=platform, external_id=external_id)
    if account is None:
        message = f"Nobody with the id {external_id[:60]!r} was ever seen on {platform[:30]!r}. Check both."
        raise NotFound(message, code="NotFound")
    identities = tx.accounts.identities(account.id)
    if account.guest and len(identities) == 1:
        return None
    name = next(one.display_name for one in identities if (one.platform, one.external_id) == (platform, external_id))
    tx.accounts.drop_identity(platform=platform, external_id=external_id)
    return identify(tx, platform=platform, external_id=external_id, display_name=name, now_ms=now_ms)
