"""Orders to another horde as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.domain.ids import AccountId, RequestId
from core.domain.kinds.kind import Kind


class RemoteState(StrEnum):
    """Where an order is on its way to another horde and back.

    NEW -> SENDING -> ASKED is the good way; UNKNOWN is one that may or may not have arrived. The others are its end.
    """

    NEW = "new"
    SENDING = "sending"
    ASKED = "asked"
    UNKNOWN = "unknown"
    DONE = "done"
    FAULTED = "faulted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN: Final = (RemoteState.NEW, RemoteState.SENDING, RemoteState.ASKED, RemoteState.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What the other horde last said of an order, in numbers of jobs."""

    waiting: int = 0
    processing: int = 0
    finished: int = 0
    restarted: int = 0
    queue_position: int = 0
    wait_time_s: int = 0
    is_possible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRequest:
    """An order as it is stored.

    body: what is posted, in v2's words; pictures that go with it are keys of the object store. seed: by which its
    results are known again. price_mk: what is held under hold_id. remote_id: its id over there; is_adopted: that id was
    found by looking, not answered. strangers: ids that were looked at and are others'. looks: how often it was looked
    for and not seen. due_ms: when something is to be done about it (SENDING: from when on nobody sends it any more).
    reason, reason_code: why the other horde refused it.
    """

    id: RequestId
    account_id: AccountId
    idempotency_key: str
    kind: Kind
    state: RemoteState
    prompt: str
    models: tuple[str, ...]
    body: str
    jobs: int
    seed: int | None
    hold_id: str
    price_mk: int
    spent_mk: int = 0
    remote_id: str | None = None
    is_adopted: bool = False
    strangers: tuple[str, ...] = ()
    attempts: int = 0
    looks: int = 0
    due_ms: int
    wants_cancel: bool = False
    progress: Progress = field(default_factory=Progress)
    reason: str = ""
    reason_code: str = ""
    asked_at_ms: int
    expires_at_ms: int
    changed_at_ms: int
    ended_at_ms: int | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether something may still come of it."""
        return self.state in OPEN
