"""What people ask for, and what they are told about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.ids import AccountId, JobId, RequestId, WorkerId
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Kind, Params


class RequestState(StrEnum):
    """A request is open until its last job has ended; then it is one of the others, for ever."""

    OPEN = "open"
    DONE = "done"
    FAULTED = "faulted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDraft:
    """What someone asks for, before it is accepted.

    prompt: v2 form, for pictures with the negative part after ``###``; empty for alchemy. models: empty means the
    horde's default. params: of the kind's own type. worker_ids: an allow-list, or with worker_blacklist a deny-list.
    unsafe_address: it came from an address that some workers do not serve. extra: parameters that are carried to the
    worker; the kind's rules know those that have limits.
    """

    kind: Kind = Kind.IMAGE
    prompt: str = ""
    models: tuple[str, ...] = ()
    n: int = 1
    params: Params = field(default_factory=ImageParams)
    nsfw: bool = False
    censor_nsfw: bool = True
    trusted_workers: bool = False
    slow_workers: bool = True
    extra_slow_workers: bool = True
    unsafe_address: bool = False
    worker_ids: tuple[WorkerId, ...] = ()
    worker_blacklist: bool = False
    r2: bool = True
    client_agent: str = "unknown:0:unknown"
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def image(self) -> ImageParams:
        """The parameters of a picture; raises ``TypeError`` for another kind."""
        if not isinstance(self.params, ImageParams):
            message = f"a request for {self.kind} has no picture's parameters"
            raise TypeError(message)
        return self.params


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An accepted request as it is stored. price_mk: of all its jobs; the hold has the request's id."""

    id: RequestId
    account_id: AccountId
    draft: RequestDraft
    state: RequestState
    price_mk: int
    asked_at_ms: int
    expires_at_ms: int
    cancelled_at_ms: int | None = None
    finished_at_ms: int | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A request that is in the queue, its price held.

    price_mk: for all jobs. balance_after_mk: what the account has available now. duplicate: the idempotency key was
    known and this is the earlier request. is_possible: a worker that was seen lately could take it. downgraded: it
    was made smaller, since its kudos were not there.
    """

    request_id: RequestId
    job_ids: tuple[JobId, ...]
    price_mk: int
    balance_after_mk: int
    duplicate: bool
    is_possible: bool
    downgraded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """One finished job. state: ``ok`` or ``censored``.

    object_key: the published picture, empty where there is none. body: what was written or read instead (a text's
    ``text``, a form's result).
    """

    job_id: JobId
    state: str
    object_key: str
    seed: int
    model: str
    worker_id: WorkerId
    worker_name: str
    gen_metadata: tuple[Mapping[str, object], ...]
    content_type: str
    width_px: int
    height_px: int
    made_at_ms: int
    ordinal: int = 0
    price_mk: int = 0
    body: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """A job in work: step ``step`` of ``steps`` (0 until the worker reports)."""

    job_id: JobId
    step: int
    steps: int
    worker_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStatus:
    """Where a request is now, in numbers of jobs. wait_time_s is an estimate; queue_position is 0 if nothing waits."""

    request_id: RequestId
    account_id: AccountId
    state: RequestState
    waiting: int
    processing: int
    finished: int
    restarted: int
    faulted: bool
    done: bool
    is_possible: bool
    queue_position: int
    wait_time_s: int
    price_mk: int
    results: tuple[JobResult, ...]
    progress: tuple[JobProgress, ...]
    spent_mk: int = 0
    """What its finished jobs cost."""
    kind: Kind = Kind.IMAGE
    prompt: str = ""
    models: tuple[str, ...] = ()
    asked_at_ms: int = 0
    expires_at_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOverview:
    """The queue in numbers: jobs waiting and in work, workers seen in the last five minutes, waiting jobs a model."""

    waiting: int
    processing: int
    workers_online: int
    threads_online: int
    models_online: tuple[str, ...]
    waiting_by_kind: Mapping[str, int]
