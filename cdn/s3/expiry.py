"""When an object expires: its metadata say it, and a marker of its own lets it be found in order of time.

S3 has no expiry for single objects, only rules for whole prefixes in days. A marker is an empty object
``expiry/<16 digits of ms>/<key>``: a listing gives the earliest first, so pruning reads what is due and nothing else.
"""

from collections.abc import Mapping
from typing import Any, Final

MARKERS: Final = "expiry/"
EXPIRES: Final = "expires-at-ms"
_DIGITS: Final = 16


def metadata_of(expires_at_ms: int | None) -> dict[str, str]:
    """Return the metadata that an object with this expiry carries."""
    return {} if expires_at_ms is None else {EXPIRES: str(expires_at_ms)}


def expiry_of(answer: Mapping[str, Any]) -> int | None:
    """Return when the object of this answer expires (ms), or None where it does not."""
    said = str(answer.get("Metadata", {}).get(EXPIRES, ""))
    return int(said) if said.isascii() and said.isdigit() else None


def marker_of(key: str, expires_at_ms: int) -> str:
    """Return the key of the marker."""
    return f"{MARKERS}{expires_at_ms:0{_DIGITS}d}/{key}"


def marked(marker: str) -> tuple[int, str] | None:
    """Return the time (ms) and the key that a marker names, or None where it is no marker."""
    time, _, key = marker.removeprefix(MARKERS).partition("/")
    return (int(time), key) if time.isascii() and time.isdigit() and key else None
