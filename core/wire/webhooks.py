"""What a webhook is told: v2's message for each finished job, and (ours) how a request ended that was not all made."""

from typing import Any, Literal

import msgspec

from core.wire.fields import Kudos
from core.wire.requests import GenerationStable
from core.wire.text import GenerationKobold


class WebhookPicture(GenerationStable, kw_only=True, frozen=True):
    """A picture is there: what the status says of it, of which request it is, and what it cost."""

    request: str
    kudos: Kudos


class WebhookText(GenerationKobold, kw_only=True, frozen=True):
    """A text is there."""

    request: str
    id: str
    kudos: Kudos


class WebhookForm(msgspec.Struct, kw_only=True, frozen=True):
    """A form's result is there."""

    request: str
    id: str
    form: str
    state: Literal["done"]
    result: dict[str, Any]
    worker_id: str
    worker_name: str
    kudos: Kudos


class WebhookEnd(msgspec.Struct, kw_only=True, frozen=True):
    """A request has ended, and some of it will not be made; how many of its jobs ended how."""

    request: str
    event: Literal["request_finished", "request_faulted", "request_cancelled", "request_expired"]
    kind: str
    finished: int
    faulted: int
    cancelled: int
    expired: int


class WebhookSecretOut(msgspec.Struct, kw_only=True, frozen=True):
    """What this account's webhooks are signed with, and how."""

    secret: str
    version: int
    header: str = "Horde-Signature"
    signs: str = (
        "t=<unix seconds>,v1=<hex>: HMAC-SHA256 with the secret over <unix seconds>.<body>. "
        "After a change there is a second v1, with the secret before, for a day."
    )
