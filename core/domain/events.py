"""Events: what happened to requests, in order, for whoever reacts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.domain.ids import AccountId, RequestId


class EventKind(StrEnum):
    """What can happen to a request."""

    REQUEST_ACCEPTED = "request_accepted"
    JOB_LEASED = "job_leased"
    JOB_DONE = "job_done"
    REQUEST_FINISHED = "request_finished"
    REQUEST_FAULTED = "request_faulted"
    CANCEL_ASKED = "cancel_asked"
    REQUEST_CANCELLED = "request_cancelled"
    REQUEST_EXPIRED = "request_expired"


FINAL_KINDS = frozenset(
    {
        EventKind.REQUEST_FINISHED,
        EventKind.REQUEST_FAULTED,
        EventKind.REQUEST_CANCELLED,
        EventKind.REQUEST_EXPIRED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened; ``seq`` grows, a reader's durable cursor is the last ``seq`` it has dealt with.

    body: JOB_LEASED has job_id and worker_name; JOB_DONE has job_id, kind, model, worker_id, things, price_mk,
    reward_mk, waited_ms (asked to taken) and worked_ms (taken to handed in); the final kinds have kind and count jobs:
    done, faulted, cancelled, expired.
    """

    seq: int
    kind: EventKind
    request_id: RequestId
    account_id: AccountId
    at_ms: int
    body: Mapping[str, object]
