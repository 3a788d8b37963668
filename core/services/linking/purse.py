"""Purse: which account has what an account had, and whose past belongs to it."""

from core.domain.accounts import Account
from core.domain.ids import AccountId
from core.ports.store import ReadTransaction, Transaction


def purse_of(tx: ReadTransaction | Transaction, account_id: AccountId) -> Account | None:
    """Return the account that has the purse now: itself, or where it was merged into."""
    account = tx.accounts.get(account_id)
    while account is not None and account.merged_into is not None:
        account = tx.accounts.get(account.merged_into)
    return account


def past_of(tx: ReadTransaction | Transaction, account_id: AccountId) -> tuple[AccountId, ...]:
    """Return the account and all that were merged into it, or into those: whose requests and transfers are its own."""
    found = [account_id]
    for one in found:
        found += [merge.from_id for merge in tx.links.merges_into(one)]
    return tuple(found)
