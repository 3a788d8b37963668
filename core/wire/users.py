"""What is told about accounts, and what may be changed of them."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.fields import Kudos

UserName = Annotated[str, Meta(min_length=3, max_length=100)]
Contact = Annotated[str, Meta(min_length=5, max_length=500)]
_KUDOS_MAX = 10**12


class KeyHeader(msgspec.Struct, kw_only=True, frozen=True):
    """Whose key: an account's."""

    apikey: Annotated[str, Meta(min_length=1, description="An account's API key, also a deleted one's.")]


class AnyKeyHeader(msgspec.Struct, kw_only=True, frozen=True):
    """Whose key: an account's, or a shared one."""

    apikey: Annotated[str, Meta(min_length=1, description="An account's API key, or a shared key.")]


class UsersQuery(msgspec.Struct, kw_only=True, frozen=True):
    """GET /users: which page of 25, in which order."""

    page: Annotated[int, Meta(ge=1)] = 1
    sort: Literal["kudos", "age"] = "kudos"


class UserKudosDetails(msgspec.Struct, kw_only=True, frozen=True):
    """Where an account's kudos came from and went to."""

    accumulated: Kudos = 0
    gifted: Kudos = 0
    donated: Kudos = 0
    admin: Kudos = 0
    received: Kudos = 0
    recurring: Kudos = 0
    awarded: Kudos = 0
    styled: Kudos = 0


class UserActiveGenerations(msgspec.Struct, kw_only=True, frozen=True):
    """Ids of the requests that are not finished."""

    text: tuple[str, ...] = ()
    image: tuple[str, ...] = ()
    alchemy: tuple[str, ...] = ()


class MonthlyKudos(msgspec.Struct, kw_only=True, frozen=True):
    """What comes each calendar month, and when it last did."""

    amount: int = 0
    last_received: str | UnsetType = UNSET


class UsageDetails(msgspec.Struct, kw_only=True, frozen=True):
    """What an account asked for, in pictures."""

    megapixelsteps: Kudos
    requests: int


class ContributionsDetails(msgspec.Struct, kw_only=True, frozen=True):
    """What an account's workers made, in pictures."""

    megapixelsteps: Kudos
    fulfillments: int


class UserThingRecords(msgspec.Struct, kw_only=True, frozen=True):
    """Amounts of work."""

    megapixelsteps: Kudos = 0
    tokens: int = 0


class UserAmountRecords(msgspec.Struct, kw_only=True, frozen=True):
    """Numbers of jobs."""

    image: int = 0
    text: int = 0
    interrogation: int = 0


class UserRecords(msgspec.Struct, kw_only=True, frozen=True):
    """What an account asked for and what its workers made, in all."""

    usage: UserThingRecords
    contribution: UserThingRecords
    fulfillment: UserAmountRecords
    request: UserAmountRecords
    style: UserAmountRecords


class ResponseModelStylesUser(msgspec.Struct, kw_only=True, frozen=True):
    """A style that the account made."""

    name: str
    id: str
    type: Literal["image", "text"]


class UserDetails(msgspec.Struct, kw_only=True, frozen=True):
    """An account; what is not for the caller's eyes is left out."""

    username: str
    id: int
    kudos: Kudos
    evaluating_kudos: Kudos | UnsetType = UNSET
    concurrency: int
    worker_invited: int
    moderator: bool
    kudos_details: UserKudosDetails
    worker_count: int
    worker_ids: tuple[str, ...] | UnsetType = UNSET
    styles: tuple[ResponseModelStylesUser, ...] = ()
    sharedkey_ids: tuple[str, ...] | UnsetType = UNSET
    active_generations: UserActiveGenerations | UnsetType = UNSET
    monthly_kudos: MonthlyKudos | UnsetType = UNSET
    trusted: bool
    flagged: bool
    vpn: bool | UnsetType = UNSET
    service: bool
    education: bool
    customizer: bool
    special: bool | UnsetType = UNSET
    deleted: bool
    suspicious: int | UnsetType = UNSET
    pseudonymous: bool
    contact: str | UnsetType = UNSET
    admin_comment: str | UnsetType = UNSET
    proxy_passkey: str | UnsetType = UNSET
    account_age: int
    usage: UsageDetails
    contributions: ContributionsDetails
    records: UserRecords


class ModifyUserInput(msgspec.Struct, kw_only=True, frozen=True):
    """PUT /users/{id}: what shall be different; what is left out stays."""

    kudos: Annotated[float, Meta(ge=-_KUDOS_MAX, le=_KUDOS_MAX)] | None = None
    concurrency: Annotated[int, Meta(ge=0, le=500)] | None = None
    usage_multiplier: Annotated[float, Meta(ge=0.1, le=10)] | None = None
    worker_invited: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    moderator: bool | None = None
    public_workers: bool | None = None
    monthly_kudos: Annotated[int, Meta(ge=0, le=_KUDOS_MAX)] | None = None
    username: UserName | None = None
    trusted: bool | None = None
    flagged: bool | None = None
    customizer: bool | None = None
    vpn: bool | None = None
    service: bool | None = None
    education: bool | None = None
    special: bool | None = None
    undelete: bool | None = None
    filtered: bool | None = None
    reset_suspicion: bool | None = None
    generate_proxy_passkey: bool = False
    contact: Contact | None = None
    admin_comment: Contact | None = None


class ModifyUser(msgspec.Struct, kw_only=True, frozen=True):
    """What was changed of an account, and nothing else."""

    new_kudos: Kudos | UnsetType = UNSET
    concurrency: int | UnsetType = UNSET
    usage_multiplier: float | UnsetType = UNSET
    worker_invited: int | UnsetType = UNSET
    moderator: bool | UnsetType = UNSET
    public_workers: bool | UnsetType = UNSET
    username: str | UnsetType = UNSET
    monthly_kudos: int | UnsetType = UNSET
    trusted: bool | UnsetType = UNSET
    flagged: bool | UnsetType = UNSET
    customizer: bool | UnsetType = UNSET
    vpn: bool | UnsetType = UNSET
    service: bool | UnsetType = UNSET
    education: bool | UnsetType = UNSET
    special: bool | UnsetType = UNSET
    undeleted: bool | UnsetType = UNSET
    new_suspicion: int | UnsetType = UNSET
    contact: str | UnsetType = UNSET
    admin_comment: str | UnsetType = UNSET
    proxy_passkey: str | UnsetType = UNSET


class SimpleResponse(msgspec.Struct, kw_only=True, frozen=True):
    """It is done."""

    message: str = "OK"
