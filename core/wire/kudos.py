"""Shared keys, transfers and awards."""

from typing import Annotated

import msgspec
from msgspec import Meta

Budget = Annotated[int, Meta(ge=-1, le=50_000_000)]
Days = Annotated[int, Meta(ge=-1, le=36_500)]
KeyName = Annotated[str, Meta(min_length=3, max_length=255)]
Pixels = Annotated[int, Meta(ge=-1, le=4_194_304)]
UpTo500 = Annotated[int, Meta(ge=-1, le=500)]
Amount = Annotated[int, Meta(ge=-(10**12), le=10**12)]
Username = Annotated[str, Meta(max_length=255)]


class SharedKeyInput(msgspec.Struct, kw_only=True, frozen=True):
    """PUT and PATCH /sharedkeys: what is left out has its default in a new key and stays as it is in an old one.

    kudos: what may still be spent with it; expiry: days from now; the limits are a job's. -1 is without end.
    """

    kudos: Budget | None = None
    expiry: Days | None = None
    name: KeyName | None = None
    max_image_pixels: Pixels | None = None
    max_image_steps: UpTo500 | None = None
    max_text_tokens: UpTo500 | None = None


class SharedKeyDetails(msgspec.Struct, kw_only=True, frozen=True):
    """A shared key. kudos: what may still be spent with it, -1 without end; expiry: null for never."""

    id: str
    username: str
    name: str
    kudos: int
    expiry: str | None
    utilized: int
    max_image_pixels: int
    max_image_steps: int
    max_text_tokens: int


class KudosTransferInput(msgspec.Struct, kw_only=True, frozen=True):
    """POST /kudos/transfer: to whom (``name#number``, or a shared key) and how much."""

    username: Username
    amount: Amount = 100


class KudosTransferred(msgspec.Struct, kw_only=True, frozen=True):
    """So many kudos went over."""

    transferred: int


class KudosAwardInput(msgspec.Struct, kw_only=True, frozen=True):
    """POST /kudos/award: to whom (``name#number``) and how much."""

    username: Username
    amount: Amount


class KudosAwarded(msgspec.Struct, kw_only=True, frozen=True):
    """So many kudos were awarded."""

    awarded: int
