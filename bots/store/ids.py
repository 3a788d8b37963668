"""Ids of the bots' rows: they sort in the order in which this process made them and cannot be guessed."""

import secrets
import threading

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_MS_BITS = 48
_RANDOM_BITS = 80
_STEP_BITS = 40

_lock = threading.Lock()
_last = 0


def new_id(now_ms: int) -> str:
    """Returns a ULID in lower case: 48 bits of time, 80 random bits, 26 characters of Crockford's base 32.

    Two of the same millisecond, or after a clock that went back, still sort as they were made.
    """
    global _last  # noqa: PLW0603 - the last id is this module's one piece of state
    number = (now_ms & ((1 << _MS_BITS) - 1)) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    with _lock:
        if number >> _RANDOM_BITS <= _last >> _RANDOM_BITS:
            number = _last + 1 + secrets.randbits(_STEP_BITS)
        _last = number
    return _text(number)


def first_id(at_ms: int) -> str:
    """Returns the id before which every id of an earlier time sorts."""
    return _text((at_ms & ((1 << _MS_BITS) - 1)) << _RANDOM_BITS)


def _text(number: int) -> str:
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
