"""What the horde tells about an account and about itself."""

import msgspec
from msgspec import UNSET, UnsetType

from core.wire.fields import Kudos


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

    image: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    alchemy: tuple[str, ...] = ()


class UserDetails(msgspec.Struct, kw_only=True, frozen=True):
    """GET /find_user: an account as its owner sees it."""

    username: str
    id: int
    kudos: Kudos
    concurrency: int
    trusted: bool
    moderator: bool
    account_age: int
    worker_count: int = 0
    worker_ids: tuple[str, ...] = ()
    sharedkey_ids: tuple[str, ...] = ()
    worker_invited: int = 0
    flagged: bool = False
    vpn: bool = False
    service: bool = False
    education: bool = False
    customizer: bool = False
    special: bool = False
    pseudonymous: bool = False
    deleted: bool = False
    styles: tuple[dict[str, str], ...] = ()
    kudos_details: UserKudosDetails = msgspec.field(default_factory=UserKudosDetails)
    active_generations: UserActiveGenerations | UnsetType = UNSET


class HordeHeartbeat(msgspec.Struct, kw_only=True, frozen=True):
    """GET /status/heartbeat: the server lives."""

    message: str
    version: str


class HordePerformance(msgspec.Struct, kw_only=True, frozen=True):
    """GET /status/performance: how busy the horde is."""

    queued_requests: int = 0
    queued_text_requests: int = 0
    worker_count: int = 0
    text_worker_count: int = 0
    thread_count: int = 0
    text_thread_count: int = 0
    queued_megapixelsteps: Kudos = 0
    past_minute_megapixelsteps: Kudos = 0
    queued_forms: int = 0
    interrogator_count: int = 0
    interrogator_thread_count: int = 0
    queued_tokens: Kudos = 0
    past_minute_tokens: Kudos = 0


class ActiveModel(msgspec.Struct, kw_only=True, frozen=True):
    """GET /status/models: one model that a worker offers or someone waits for."""

    name: str
    count: int
    jobs: Kudos = 0
    queued: Kudos = 0
    performance: Kudos = 0
    eta: int = 0
    type: str = "image"


class RequestError(msgspec.Struct, kw_only=True, frozen=True):
    """The body of every refusal."""

    message: str
    rc: str | UnsetType = UNSET


class RequestValidationError(RequestError, kw_only=True, frozen=True):
    """A refusal that names fields; it carries no rc, as v2's does not."""

    errors: dict[str, str] = {}
