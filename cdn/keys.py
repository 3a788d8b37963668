"""Which keys objects may have, and which of them the public may read."""

import re

from core.domain.errors import InvalidRequest
from core.ports.keys import PICTURES

_KEY_CHARS_MAX = 200
_PART = r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*"
_KEY = re.compile(rf"{_PART}(?:/{_PART})*")


def checked(key: str) -> str:
    """Return the key as it is if it is one.

    Raises:
        InvalidRequest: it is too long, has an empty or dotted part, or other characters than letters, digits, ``_-./``.
    """
    if len(key) > _KEY_CHARS_MAX or not _KEY.fullmatch(key):
        raise InvalidRequest(
            f"{key[:60]!r} is no object key: up to {_KEY_CHARS_MAX} letters, digits, '-', '_', '.' and '/', "
            "and no part of it begins with a dot. Use the address exactly as it was given.",
            field="key",
            limit=_KEY_CHARS_MAX,
            value=key[:60],
        )
    return key


def is_public(key: str) -> bool:
    """Tell whether the object may be read without a signature: published pictures only, never fresh uploads."""
    return key.startswith(PICTURES)
