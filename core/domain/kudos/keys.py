"""Shared keys: kudos that an account lends, with a budget and limits, to whoever has the key."""

from dataclasses import dataclass, replace
from typing import Final

from core.domain.errors import InvalidRequest
from core.domain.ids import AccountId

UNLIMITED: Final = -1
NAME_CHARS_MAX: Final = 255
PIXELS_MAX: Final = 3_072 * 3_072
STEPS_MAX: Final = 500
TOKENS_MAX: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTerms:
    """What its owner says of a shared key; units as in ``SharedKey``."""

    name: str
    budget_mk: int = 5_000_000
    expires_at_ms: int | None = None
    max_image_pixels: int = UNLIMITED
    max_image_steps: int = UNLIMITED
    max_text_tokens: int = UNLIMITED

    def check(self, *, budget_max_mk: int) -> None:
        """Return if the terms are within their limits, else raise ``InvalidRequest``."""
        if not 3 <= len(self.name) <= NAME_CHARS_MAX or not self.name.isprintable():
            message = f"A shared key's name has 3 to {NAME_CHARS_MAX} printable characters; this has {len(self.name)}."
            raise InvalidRequest(message, field="name", limit=NAME_CHARS_MAX, value=len(self.name))
        bounds = (
            ("kudos", self.budget_mk, budget_max_mk),
            ("max_image_pixels", self.max_image_pixels, PIXELS_MAX),
            ("max_image_steps", self.max_image_steps, STEPS_MAX),
            ("max_text_tokens", self.max_text_tokens, TOKENS_MAX),
        )
        for field, value, most in bounds:
            if value != UNLIMITED and not 0 <= value <= most:
                message = f"The {field} of a shared key is {value}: give 0 to {most}, or -1 for no limit."
                raise InvalidRequest(message, field=field, limit=most, value=value)


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
    def terms(self) -> KeyTerms:
        """What its owner said of it."""
        return KeyTerms(
            name=self.name,
            budget_mk=self.budget_mk,
            expires_at_ms=self.expires_at_ms,
            max_image_pixels=self.max_image_pixels,
            max_image_steps=self.max_image_steps,
            max_text_tokens=self.max_text_tokens,
        )

    def under(self, terms: KeyTerms) -> "SharedKey":
        """Return the key under other terms."""
        return replace(
            self,
            name=terms.name,
            budget_mk=terms.budget_mk,
            expires_at_ms=terms.expires_at_ms,
            max_image_pixels=terms.max_image_pixels,
            max_image_steps=terms.max_image_steps,
            max_text_tokens=terms.max_text_tokens,
        )

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
