"""Accounts: who owns kudos."""

from dataclasses import dataclass

from core.domain.ids import ANONYMOUS, AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who owns kudos, with the balance as it is inside the transaction that read it.

    kudos_mk: posted balance in millikudos, negative when in debt. held_mk: sum of the open holds, never negative.
    """

    id: AccountId
    name: str
    kudos_mk: int = 0
    held_mk: int = 0
    trusted: bool = False
    moderator: bool = False
    guest: bool = False
    hot: bool = False
    created_at_ms: int = 0

    @property
    def available_mk(self) -> int:
        """Millikudos that are neither spent nor held; may be negative."""
        return self.kudos_mk - self.held_mk

    @property
    def handle(self) -> str:
        """The account as people see it: ``name#number``."""
        return f"{self.name}#{self.id}"

    @property
    def is_anonymous(self) -> bool:
        """True for the one account that everyone without a key shares."""
        return self.id == ANONYMOUS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """A registered account and its API key, which is shown this once and stored only as a hash."""

    account: Account
    api_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A platform's account that belongs to exactly one of ours."""

    platform: str
    external_id: str
    account_id: AccountId
    display_name: str
