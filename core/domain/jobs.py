"""Jobs: one unit of work, handed to one worker at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.domain.ids import AccountId, JobId, LeaseId, RequestId, WorkerId
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Kind, Params
from core.domain.requests import RequestDraft
from core.domain.workers.message import WorkerMessage


class JobState(StrEnum):
    """The states of a job; ``LEGAL`` holds the transitions."""

    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    FAULTED = "faulted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class LeaseState(StrEnum):
    """How a lease stands: active, or how it ended."""

    ACTIVE = "active"
    DONE = "done"
    FAILED = "failed"
    RELEASED = "released"
    LAPSED = "lapsed"
    VOIDED = "voided"


_ENDED: Final[frozenset[JobState]] = frozenset()
LEGAL: Final[Mapping[JobState, frozenset[JobState]]] = {
    JobState.WAITING: frozenset({JobState.LEASED, JobState.DONE, JobState.CANCELLED, JobState.EXPIRED}),
    JobState.LEASED: frozenset(
        {JobState.WAITING, JobState.DONE, JobState.FAULTED, JobState.CANCELLED, JobState.EXPIRED}
    ),
    JobState.DONE: _ENDED,
    JobState.FAULTED: _ENDED,
    JobState.CANCELLED: _ENDED,
    JobState.EXPIRED: _ENDED,
}
"""From where to where a job may go. Waiting to done is the late submit: a lapsed lease whose job nobody took since."""


def ended(state: JobState) -> bool:
    """Tell whether a job in this state never changes again."""
    return not LEGAL[state]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job as it is stored. due_ms: the sort key; tries: how often it was taken and not finished.

    price_mk: what it costs at most; worth_mk: what of that is for the work, the rest being the treasury's.
    """

    id: JobId
    request_id: RequestId
    account_id: AccountId
    lane_id: int
    due_ms: int
    ordinal: int
    seed: int
    price_mk: int
    worth_mk: int
    state: JobState = JobState.WAITING
    tries: int = 0
    lease_id: LeaseId | None = None
    step: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A worker's time with a job. reports: renewed for ``ttl_s`` by each progress report."""

    id: LeaseId
    job_id: JobId
    worker_id: WorkerId
    model: str
    granted_at_ms: int
    expires_at_ms: int
    ttl_s: int
    reports: bool
    state: LeaseState = LeaseState.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A waiting job that a pop may take."""

    job_id: JobId
    request_id: RequestId
    lane_id: int
    due_ms: int
    ordinal: int
    draft: RequestDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A job that was just taken for a lease, and what was asked for."""

    job: Job
    draft: RequestDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseView:
    """A lease and its job as a submitting worker needs them: to find the upload and to judge the picture."""

    lease_id: LeaseId
    job_id: JobId
    request_id: RequestId
    requester_id: AccountId
    lane_id: int
    worker_id: WorkerId
    worker_name: str
    owner_id: AccountId
    owner_trusted: bool
    lease_state: LeaseState
    job_state: JobState
    is_current: bool
    """The job's present lease is this one (it may have ended since)."""
    granted_at_ms: int
    lease_expires_at_ms: int
    ttl_s: int
    reports: bool
    price_mk: int
    worth_mk: int
    tries: int
    model: str
    seed: int
    ordinal: int
    kind: Kind
    prompt: str
    params: Params
    censor_nsfw: bool
    r2: bool

    @property
    def image(self) -> ImageParams:
        """The parameters of a picture; raises ``TypeError`` for another kind."""
        if not isinstance(self.params, ImageParams):
            raise TypeError(type(self.params).__name__)
        return self.params


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased(LeaseView):
    """One job in a worker's hands until ``lease_expires_at_ms``: what its submit finds, and what making it takes."""

    nsfw: bool
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Popped:
    """What a pop gave: leased jobs of one request, or none and how many jobs were skipped for which reason."""

    jobs: tuple[Leased, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    worker_id: WorkerId | None = None
    messages: tuple[WorkerMessage, ...] = ()
    """What the worker is to be told, each time until it expires."""
    in_hand: tuple[RequestId, ...] = ()
    """On a held pop: the requests of the jobs that the worker is at."""
    cancelled: tuple[JobId, ...] = ()
    """On a held pop: the jobs that it may stop, as nobody wants them any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a worker handed in. state: ``ok`` or ``censored``; sizes in pixels, 0 where not known.

    object_key: the published picture, empty where there is none. body: the text or the form's result instead.
    """

    object_key: str = ""
    body: Mapping[str, object] | None = None
    seed: int | None = None
    state: str = "ok"
    gen_metadata: tuple[Mapping[str, object], ...] = ()
    width_px: int = 0
    height_px: int = 0
    content_type: str = "image/webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewarded:
    """What the worker's owner earned by a submit, in millikudos."""

    reward_mk: int
    request_id: RequestId
    request_finished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressReply:
    """The answer to a progress report: stop now, or go on until ``lease_expires_at_ms``."""

    cancelled: bool
    lease_expires_at_ms: int
