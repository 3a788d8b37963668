"""Every number that kudos go by, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.ids import AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class KudosPolicy:
    """Amounts in millikudos (``_mk``), shares in thousandths (``_per_mille``), times in seconds (``_s``)."""

    escrow_per_mille: int = 500
    """Of what an untrusted owner earns from others, this much waits until the owner is trusted."""
    trust_mk: int = 5_000_000
    """Kudos earned from others while untrusted (escrow included) that make an owner trusted; 0: nobody becomes so."""
    trust_age_s: int = 7 * 24 * 3_600
    """The least age of an account that becomes trusted by its work."""
    suspicions_max: int = 5
    """An account that drew so many suspicions neither gives nor takes gifts, nor becomes trusted."""
    reverse_gift_s: int = 60
    """Who was just given kudos cannot give them back for so long."""
    moderator_monthly_mk: int = 300_000_000
    """What a moderator is granted each calendar month beside a grant of the account's own."""
    admins: frozenset[AccountId] = frozenset()
    """Accounts that may name moderators and set monthly grants, besides whoever runs the horde's commands."""
    awarders: frozenset[AccountId] = frozenset()
    """Accounts that may award kudos, besides moderators and admins."""
    wipe_after_s: int = 30 * 24 * 3_600
    """A deleted account can be taken back for so long; then what names a person can be wiped."""
    shared_keys_max: int = 3
    shared_keys_trusted_max: int = 10
    shared_keys_education_max: int = 1_000
    shared_key_budget_max_mk: int = 50_000_000_000
    upfront: bool = False
    """Large requests need their kudos when they are asked; without it none do: debt only means a later turn."""
    upfront_steps: int = 40
    """A picture of more steps needs its kudos upfront."""
    upfront_on_worker_list: bool = False
    """So does a request that names workers."""
    bridge_per_mille: Mapping[str, int] = field(default_factory=dict)
    """What a worker's program earns of a job's reward, by the program's name; one that is not named here:"""
    bridge_other_per_mille: int = 1_000

    def __post_init__(self) -> None:
        """Refuse shares above the whole."""
        shares = (self.escrow_per_mille, self.bridge_other_per_mille, *self.bridge_per_mille.values())
        if not all(0 <= share <= 1_000 for share in shares):
            message = f"A share is between 0 and 1000 thousandths, got {[s for s in shares if not 0 <= s <= 1_000]}."
            raise ValueError(message)
