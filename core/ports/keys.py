"""Under which keys pictures live: the API that names them and the CDN that guards them must agree."""

import hmac
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Final

PICTURES: Final = "pictures/"
"""What is under here has been checked and published; anyone who knows a key may read it."""
UPLOADS: Final = "in/"
"""What is under here was just uploaded by a worker; nobody may read it without a signature."""
SOURCES: Final = "sources/"
"""What is under here are the pictures that people gave to work on; workers read them by a signature."""


def upload_key(secret: bytes, *, job_id: str, lease_id: str) -> str:
    """Return the key a lease's result is uploaded to: ``in/<job id>-<HMAC_SHA256(secret, lease_id)>``.

    It begins with the job's id, so that upload addresses sort like ids: horde-sdk sorts the two lists of a batch apart.
    """
    return f"{UPLOADS}{job_id}-{hmac.new(secret, f'upload:{lease_id}'.encode(), 'sha256').hexdigest()}"


def picture_key(now_ms: int, *, suffix: str = "webp") -> str:
    """Return a fresh key that nobody can guess (192 random bits): ``pictures/<yyyy>/<mm>/<token>.<suffix>``."""
    month = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y/%m")
    token = token_urlsafe(24)
    while not token[0].isalnum():
        token = token_urlsafe(24)
    return f"{PICTURES}{month}/{token}.{suffix}"


def source_key() -> str:
    """Return a fresh key that nobody can guess (192 random bits): ``sources/<token>.webp``."""
    return f"{SOURCES}s{token_urlsafe(24)}.webp"


def sidecar_key(key: str) -> str:
    """Return the key of the JSON that says how the picture under ``key`` was made."""
    return f"{key.rpartition('.')[0]}.json"
