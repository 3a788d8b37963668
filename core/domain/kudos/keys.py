"""Shared keys: kudos that an account lends, with a budget and limits, to whoever has the key."""

from dataclasses import dataclass
from typing import Final

from core.domain.ids import AccountId

UNLIMITED: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedKey:
    """A key that is lent: requests made with it run on its owner's account, within the budget.

    id: the key itself, a UUID; who has it may use it. budget_mk: in all, or -1 for no bound of its own. reserved_mk:
    held by open requests; utilized_mk: spent; their sum never exceeds the budget. expires_at_ms: None for never. The
    limits are a job's (-1: none).
    """

    id: str
    account_id: AccountId
    name: str
    budget_mk: int
    reserved_mk: int = 0
    utilized_mk: int = 0
    expires_at_ms: int | None = None
    max_image_pixels: int = UNLIMITED
    max_image_steps: int = UNLIMITED
    max_text_tokens: int = UNLIMITED
    created_at_ms: int = 0
    revoked_at_ms: int | None = None

    @property
    def used_mk(self) -> int:
        """What is spent or held: the budget cannot be made less."""
        return self.reserved_mk + self.utilized_mk

    @property
    def left_mk(self) -> int | None:
        """What may still be asked with it; None without a budget."""
        return None if self.budget_mk == UNLIMITED else self.budget_mk - self.used_mk

    def is_over(self, now_ms: int) -> bool:
        """Tell whether it is past its time."""
        return self.expires_at_ms is not None and self.expires_at_ms <= now_ms
