"""The limits and abilities of a platform, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Idempotency(StrEnum):
    """How far the platform itself keeps a post from being made twice."""

    NONE = "none"
    KEY = "key"
    NONCE = "nonce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """The limits and abilities of a platform, as data.

    `read_lag_s` is how long a post may be missing from the platform's own listings after it was accepted:
    a post counts as absent only after two looks at least that far apart. `nsfw_allowed`: people may ask for pictures
    that are not safe for work; elsewhere such a wish is passed over and the workers' check holds them back.
    `progress_every_s`: so often `progress` may be told how far a request is; None where that would make posts.
    `can_thread`: a post can open a thread.
    `can_notify`: a NOTICE reaches a person in private.
    """

    text_chars_max: int
    media_max: int
    alt_text_chars_max: int
    can_edit: bool = False
    can_delete: bool = False
    can_be_private: bool = False
    can_show: bool = False
    can_notify: bool = False
    can_thread: bool = False
    nsfw_allowed: bool = False
    idempotency: Idempotency = Idempotency.NONE
    acknowledge_deadline_s: float | None = None
    read_lag_s: float = 30.0
    deliveries_at_once: int = 4
    progress_every_s: float | None = None
