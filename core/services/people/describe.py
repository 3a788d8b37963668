"""Describe: an account, its identities and its latest transfers."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.accounts import Account, Identity
from core.domain.errors import NotFound
from core.domain.ids import AccountId
from core.domain.kudos.ledger import Transfer
from core.domain.kudos.linking import Merge
from core.ports.store import ReadTransaction, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What an account's owner is told about it. waiting: jobs that wait now. merges: newest first."""

    account: Account
    identities: Sequence[Identity]
    transfers: Sequence[Transfer]
    waiting: int
    merges: Sequence[Merge]


def describe(tx: ReadTransaction | Transaction, *, account_id: AccountId, transfers_max: int = 20) -> Description:
    """Return everything about the account; raises ``NotFound``."""
    account = tx.accounts.get(account_id)
    if account is None:
        message = f"There is no account with the number {account_id}. Check the number after the '#'."
        raise NotFound(message, code="UserNotFound")
    return Description(
        account=account,
        identities=tx.accounts.identities(account_id),
        transfers=tx.ledger.transfers_of(account_id, limit=transfers_max),
        waiting=tx.jobs.waiting_of(account_id),
        merges=tx.links.merges_of(account_id),
    )
