"""Webhooks: what is told to an address of the asker's, and how often that is tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.domain.events import EventKind
from core.domain.ids import AccountId, JobId, RequestId


class DeliveryState(StrEnum):
    """A delivery waits for its next try until it is one of the others, for ever."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where an order's asker wants to be told."""

    request_id: RequestId
    account_id: AccountId
    url: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One thing that is told once for sure, and at times more often: its id stays the same.

    job_id: the job that is done, None where it is about the whole request. tries: how often it was tried, counted when
    a try begins. counts: how many of the request's jobs ended how.
    """

    id: str
    account_id: AccountId
    request_id: RequestId
    job_id: JobId | None
    event: EventKind
    url: str
    host: str
    made_at_ms: int
    due_ms: int
    tries: int = 0
    counts: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """How a try ended. status: what the other side answered, None where it did not. final: no other try would help."""

    delivered: bool
    status: int | None = None
    why: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecret:
    """Which of an account's secrets signs: the ``version``-th, and for a while the one before it too."""

    version: int = 1
    turned_at_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPolicy:
    """Every number that webhooks go by.

    first_s: the pause after the first try, doubled after each further one up to longest_s. lease_s: a try that has not
    been heard of for so long is over. kept_s: how long what ended is kept. overlap_s: how long an old secret signs too.
    """

    tries_max: int = 12
    first_s: float = 10.0
    longest_s: float = 3 * 3_600.0
    lease_s: float = 60.0
    within_s: float = 10.0
    at_once: int = 32
    at_once_a_host: int = 4
    kept_s: int = 7 * 24 * 3_600
    overlap_s: int = 24 * 3_600


def pause_s(*, tries: int, draw: float, policy: WebhookPolicy) -> float:
    """Return the seconds until the next try after so many: doubled each time, of which draw (0 to 1) says how much.

    At least half of it, so that a host that comes back is not met by everyone at once.
    """
    whole = min(policy.longest_s, policy.first_s * 2.0 ** (tries - 1))
    return whole * (0.5 + draw / 2)
