"""Accounts and their ledger: what a use case may read, and what it may write."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.domain.accounts import Account, Identity
from core.domain.ids import AccountId
from core.domain.kudos.ledger import Hold, Transfer


class AccountReads(Protocol):
    """Accounts, keys and identities, to read."""

    def get(self, account_id: AccountId) -> Account | None:
        """Return the account with its balance as this transaction sees it."""
        ...

    def by_api_key(self, api_key: str) -> Account | None:
        """Return the owner of an API key."""
        ...

    def by_identity(self, *, platform: str, external_id: str) -> Account | None:
        """Return the account that a platform's account belongs to."""
        ...

    def identities(self, account_id: AccountId) -> Sequence[Identity]:
        """Return the platform accounts of one account."""
        ...

    def crowd(self, *, limit: int) -> Sequence[Account]:
        """Return at most so many of the people's accounts, evenly out of all, with the anonymous one among them."""
        ...

    def ranked(self, *, by_age: bool, offset: int, limit: int, now_ms: int) -> Sequence[Account]:
        """Return people's accounts that are not deleted: the richest first, at most a minute old, or the oldest."""
        ...

    def names(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, str]:
        """Return the names of those of the accounts that there are."""
        ...

    def unpaid_for(self, month: str, *, moderators: bool, limit: int) -> Sequence[AccountId]:
        """Return accounts with a monthly grant (moderators: all of them too) that had none yet for this month."""
        ...


class AccountStore(AccountReads, Protocol):
    """Accounts, keys and identities, to write."""

    def add(self, *, name: str, trusted: bool, moderator: bool, guest: bool, now_ms: int) -> AccountId:
        """Make an account with a balance of zero."""
        ...

    def lock(self, account_id: AccountId) -> Account | None:
        """Return the account; until this transaction ends nobody else changes what ``put`` writes."""
        ...

    def put(self, account: Account) -> None:
        """Write the account's name, roles, limits and texts as they are in this value; its balance is the ledger's."""
        ...

    def suspect(self, account_id: AccountId) -> None:
        """Hold one more suspicion against the account."""
        ...

    def drop_keys(self, account_id: AccountId) -> int:
        """Have none of the account's keys work any more; return how many did."""
        ...

    def drop_identities(self, account_id: AccountId) -> int:
        """Untie the account from every platform's account; return how many there were."""
        ...

    def drop_identity(self, *, platform: str, external_id: str) -> bool:
        """Untie this one of a platform's accounts from ours; return whether it was tied."""
        ...

    def add_key(self, *, account_id: AccountId, api_key: str, now_ms: int) -> None:
        """Store the hash of a key; the key itself is never stored."""
        ...

    def add_identity(self, identity: Identity, *, now_ms: int) -> None:
        """Tie a platform's account to one of ours; once."""
        ...


class LedgerReads(Protocol):
    """The journal, the holds and the cached balances, to read and to recompute."""

    def transfer(self, transfer_id: str) -> Transfer | None:
        """Return the transfer of this id."""
        ...

    def transfers_of(self, account_id: AccountId, *, limit: int) -> Sequence[Transfer]:
        """Return an account's latest transfers, newest first."""
        ...

    def last_gift_ms(self, *, from_id: AccountId, to_id: AccountId) -> int | None:
        """Return when the one last made the other a gift."""
        ...

    def hold(self, hold_id: str) -> Hold | None:
        """Return the hold of this id."""
        ...

    def holds_due(self, now_ms: int, *, limit: int) -> Sequence[Hold]:
        """Return pending holds that are past their expiry and belong to no open request."""
        ...

    def journal_sums(self) -> Mapping[AccountId, int]:
        """Recompute every posted balance from the journal."""
        ...

    def journal_count(self) -> int:
        """Return the number of transfers."""
        ...

    def held_sums(self) -> Mapping[AccountId, tuple[int, int]]:
        """Recompute, from the holds, each account's number of pending holds and what they hold."""
        ...

    def cached_balances(self) -> Mapping[AccountId, tuple[int, int]]:
        """Return the cached (posted, held) of every account that has balance rows."""
        ...

    def holds_adrift(self, *, limit: int) -> Sequence[tuple[str, int, int]]:
        """Return (hold id, what it holds, what its open jobs cost) wherever the two differ."""
        ...

    def jobs_paid_wrongly(self, *, limit: int) -> Sequence[tuple[str, int, str]]:
        """Return (job, payments, state) of jobs paid more than once, or paid and not done, or done and not paid."""
        ...


class LedgerStore(LedgerReads, Protocol):
    """The journal and the holds, to write. Balance rows follow by themselves at the end of the transaction."""

    def add_transfer(self, transfer: Transfer) -> None:
        """Write a transfer whose id is new."""
        ...

    def take_hold(self, hold_id: str) -> Hold | None:
        """Return the hold of this id, to be changed: no other transaction changes it until this one has ended."""
        ...

    def add_hold(self, hold: Hold) -> None:
        """Write a pending hold; with a shared key, its budget has this much less left."""
        ...

    def settle_hold(self, hold: Hold, *, posted_mk: int, returned_mk: int, expired: bool = False) -> Hold:
        """Take this much out of a hold: posted (the transfer is the caller's) and given back."""
        ...

    def snapshot(self, now_ms: int) -> None:
        """Write down the balances of the accounts that have no cached row, as of some minutes ago."""
        ...
