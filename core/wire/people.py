"""What the horde tells about itself, and how it refuses."""

import msgspec
from msgspec import UNSET, UnsetType

from core.wire.fields import Kudos


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
