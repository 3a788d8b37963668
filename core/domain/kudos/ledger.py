"""Kudos: the values of the double-entry ledger, in integer millikudos."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.ids import AccountId

MK_PER_KUDOS = 1_000


class TransferReason(StrEnum):
    """Why kudos moved. The audit and an index spell out ``job`` and ``gift``: these two never change."""

    GRANT = "grant"
    """What an account began with, from the mint."""
    MONTHLY = "monthly"
    """A calendar month's grant, from the mint."""
    AWARD = "award"
    """Given by the horde for something done, from the mint or the treasury."""
    GIFT = "gift"
    TIP = "tip"
    JOB = "job"
    """A finished job, from who asked to the worker's owner."""
    UPTIME = "uptime"
    """A worker was there for work, from the mint."""
    ESCROW = "escrow"
    """The part of a reward that waits until its owner is trusted."""
    PROMOTION = "promotion"
    """What waited, when its owner became trusted."""
    FEE = "fee"
    """The part of a job's price that is the treasury's share of the work."""
    TAX = "tax"
    """The part of a price that is nobody's work, to the treasury."""
    STYLE = "style"
    """A thank-you for a style, from who used it to its owner."""
    PARTY = "party"
    """For joining a party, from who gave it."""
    REMOTE = "remote"
    """What another horde made, from who asked to the account that stands for other hordes."""
    MERGE = "merge"
    """What an account had, to the one that it became part of; or back."""
    POT = "pot"
    """What a sponsor put into a community's pot, or what was left of it, back."""
    CORRECTION = "correction"


class HoldState(StrEnum):
    """A hold is pending until every millikudo of it is posted or given back."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """An immutable movement of kudos: ``amount_mk`` (> 0) leaves ``from_id`` and reaches ``to_id``."""

    transfer_id: str
    from_id: AccountId
    to_id: AccountId
    amount_mk: int
    reason: TransferReason
    ref: str
    made_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A pending transfer: amount = posted + returned + what is still held.

    shared_key_id: whose budget goes along with it.
    """

    hold_id: str
    account_id: AccountId
    amount_mk: int
    posted_mk: int
    returned_mk: int
    state: HoldState
    expires_at_ms: int
    made_at_ms: int
    shared_key_id: str | None = None

    @property
    def held_mk(self) -> int:
        """What this hold still holds."""
        return self.amount_mk - self.posted_mk - self.returned_mk


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What recomputing everything from the journal found; ``differences`` are English sentences, none when ok."""

    ok: bool
    sum_mk: int
    accounts: int
    transfers: int
    holds_pending: int
    held_mk: int
    differences: tuple[str, ...]
