"""Forget: a platform's account is untied from ours, and what only it had is taken down."""

from dataclasses import replace

from core.ports.store import Transaction
from core.services.people.delete import WIPED_NAME, delete_account


def forget_identity(tx: Transaction, *, platform: str, external_id: str, now_ms: int) -> int:
    """Return how many other ways to it its account still has: identities, and a key for who registered.

    A guest's account that nothing leads to any more is taken down and loses its name; its transfers stay, as numbers
    of an account that is nobody's. For some weeks the horde's operator can take that back.
    """
    account = tx.accounts.by_identity(platform=platform, external_id=external_id)
    if account is None:
        return 0
    tx.accounts.drop_identity(platform=platform, external_id=external_id)
    others = len(tx.accounts.identities(account.id)) + (0 if account.guest else 1)
    if others == 0 and not account.moderator and not account.is_deleted:
        deleted = delete_account(tx, actor=None, account_id=account.id, now_ms=now_ms)
        tx.accounts.put(replace(deleted, name=WIPED_NAME))
    return others
