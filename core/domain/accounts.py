"""Accounts: who owns kudos."""

from dataclasses import dataclass

from core.domain.ids import ANONYMOUS, AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who owns kudos, with the balance as it is inside the transaction that read it.

    kudos_mk: posted balance in millikudos, negative when in debt. held_mk: sum of the open holds, never negative.
    monthly_mk: what it is granted each calendar month; monthly_paid_mk of it were paid for monthly_paid_for (yyyy-mm).
    waiting_max, workers_max: limits of its own, None for the policy's. worker_invited: how many workers it may have
    where workers need an invitation. suspicions: how often it drew suspicion. contact and admin_comment are not public.
    merged_into: the account that has its purse now, where it was linked with another.
    proxy_passkey: what a service shows when it asks in others' names; empty without.
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
    flagged: bool = False
    service: bool = False
    education: bool = False
    customizer: bool = False
    special: bool = False
    vpn: bool = False
    public_workers: bool = False
    waiting_max: int | None = None
    workers_max: int | None = None
    worker_invited: int = 0
    suspicions: int = 0
    monthly_mk: int = 0
    monthly_paid_mk: int = 0
    monthly_paid_for: str = ""
    contact: str = ""
    profile: str = ""
    admin_comment: str = ""
    proxy_passkey: str = ""
    deleted_at_ms: int | None = None
    merged_into: AccountId | None = None

    @property
    def available_mk(self) -> int:
        """Millikudos that are neither spent nor held; may be negative."""
        return self.kudos_mk - self.held_mk

    @property
    def handle(self) -> str:
        """The account as people see it: ``name#number``."""
        return f"{self.name}#{self.id}"

    @property
    def is_deleted(self) -> bool:
        """True where its owner, or a moderator, has taken it down."""
        return self.deleted_at_ms is not None

    @property
    def is_system(self) -> bool:
        """True for the mint, the treasury, the escrow and what stands for other hordes: nobody's."""
        return self.id < 0

    def is_suspicious(self, suspicions_max: int) -> bool:
        """Tell whether it drew suspicion so often that its kudos stay where they are; the trusted never do."""
        return self.suspicions >= suspicions_max and not self.trusted and not self.is_anonymous

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


def parse_handle(text: str) -> tuple[str, AccountId] | None:
    """Return the name and number of a ``name#number``; None where it is none."""
    name, hash_sign, number = text.strip().rpartition("#")
    if not hash_sign or not name or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return name, AccountId(int(number))
