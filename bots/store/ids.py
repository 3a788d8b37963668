"""Ids of the bots' rows: they sort by the time they were made and cannot be guessed."""

from __future__ import annotations

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_MS_BITS = 48
_RANDOM_BITS = 80


def new_id(now_ms: int) -> str:
    """Returns a ULID in lower case: 48 bits of time, 80 random bits, 26 characters of Crockford's base 32."""
    number = (now_ms & ((1 << _MS_BITS) - 1)) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
