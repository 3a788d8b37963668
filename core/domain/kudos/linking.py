"""Linking: several platforms' accounts with one purse, joined by a code that is good once and for minutes."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.domain.accounts import Account, Identity
from core.domain.ids import AccountId

CODE_LIFE_MS: Final = 600_000
TRIES_MAX: Final = 5
"""So many wrong codes may one name in the life of a code: of 31**8 codes, that finds none."""
CODE_CHARS: Final = 8
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without what people take for one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCode:
    """An identity that asked for a code; only a hash of the code is kept."""

    platform: str
    external_id: str
    display_name: str
    expires_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """One account was merged into another. moved_mk: what went over with it since, in ``moves`` transfers."""

    id: str
    from_id: AccountId
    to_id: AccountId
    identities: Sequence[Identity]
    moved_mk: int
    moves: int
    made_at_ms: int
    undone_at_ms: int | None = None


class LinkRefusal(StrEnum):
    """Why a code joined nothing."""

    UNKNOWN_CODE = "unknown_code"
    TOO_MANY_TRIES = "too_many_tries"
    ALREADY_ONE = "already_one"
    TWO_REGISTERED = "two_registered"
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Two purses are one. account: the one that stays; merge: how to undo it."""

    account: Account
    merge: Merge


def new_code() -> str:
    """Return a code as people type it: two groups of four."""
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_CHARS))
    return f"{drawn[:4]}-{drawn[4:]}"


def plain_code(typed: str) -> str:
    """Return the code without what people add or change when they type it."""
    return "".join(typed.split()).replace("-", "").upper()
