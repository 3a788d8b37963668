"""Kudos: the values of the double-entry ledger, in integer millikudos."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.ids import AccountId

MK_PER_KUDOS = 1_000


class TransferReason(StrEnum):
    """Why kudos moved."""

    GRANT = "grant"
    GIFT = "gift"
    TIP = "tip"
    JOB = "job"
    FEE = "fee"
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
    """A pending transfer: amount = posted + returned + what is still held."""

    hold_id: str
    account_id: AccountId
    amount_mk: int
    posted_mk: int
    returned_mk: int
    state: HoldState
    expires_at_ms: int
    made_at_ms: int

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
