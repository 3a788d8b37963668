"""The header ``Idempotency-Key``: a client that heard no answer may send the same thing again, and it is done once."""

import hashlib
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from core.domain.errors import InvalidRequest

IDEMPOTENCY_HEADER: Final = "Idempotency-Key"
KEY_CHARS_MAX: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """A client's key and what it was sent with: method, path and body as one digest, to tell a mistake by."""

    key: str
    fingerprint: str


def idempotency_of(request: web.Request, body: bytes, *, whose: str = "") -> Idempotency | None:
    """Return the key that the request carries, None where there is none.

    whose: tells apart those who share an account; the same key of another of them is another key.

    Raises:
        InvalidRequest: longer than 255 characters, or not printable ASCII.
    """
    given = request.headers.get(IDEMPOTENCY_HEADER)
    if given is None:
        return None
    key = given.strip()
    if not 1 <= len(key) <= KEY_CHARS_MAX or not key.isascii() or not key.isprintable():
        message = (
            f"The header {IDEMPOTENCY_HEADER} has {len(key)} characters; 1 to {KEY_CHARS_MAX} printable ASCII "
            "characters are taken. A new UUID for each new thing is a good key."
        )
        raise InvalidRequest(message, field=IDEMPOTENCY_HEADER, limit=KEY_CHARS_MAX, value=len(key))
    digest = hashlib.blake2b(f"{request.method} {request.path}\n".encode("utf-8", "replace"), digest_size=20)
    digest.update(body)
    if whose:
        key = hashlib.blake2b(f"{whose}\n{key}".encode(), digest_size=20).hexdigest()
    return Idempotency(key=key, fingerprint=digest.hexdigest())
