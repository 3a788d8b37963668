"""Secret: what an account's deliveries are signed with; made from the horde's own, so that the database has none."""

import hashlib
import hmac

from core.domain.calls.deliveries import WebhookPolicy, WebhookSecret
from core.domain.ids import AccountId

_PREFIX = "whsec_"


def secret_of(horde_secret: bytes, account_id: AccountId, *, version: int) -> str:
    """Return the account's ``version``-th secret."""
    words = f"webhook {account_id} {version}".encode()
    return _PREFIX + hmac.new(horde_secret, words, hashlib.sha256).hexdigest()


def secrets_of(
    horde_secret: bytes, account_id: AccountId, secret: WebhookSecret, *, now_ms: int, policy: WebhookPolicy
) -> tuple[str, ...]:
    """Return the secrets that sign now: the present one, and for a while the one before."""
    found = [secret_of(horde_secret, account_id, version=secret.version)]
    if secret.version > 1 and now_ms < secret.turned_at_ms + policy.overlap_s * 1_000:
        found.append(secret_of(horde_secret, account_id, version=secret.version - 1))
    return tuple(found)


def signature_of(secrets: tuple[str, ...], body: bytes, *, at_s: int) -> str:
    """Return the header: the time, and HMAC-SHA256 over ``<time>.<body>`` with each secret, in hexadecimal."""
    signed = f"{at_s}.".encode() + body
    marks = (hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets)
    return ",".join((f"t={at_s}", *(f"v1={mark}" for mark in marks)))
