"""What happened, in the store: events, verdicts and runs of the loops."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.domain.events import Event, EventKind
from core.domain.ids import AccountId, RequestId
from core.domain.moderation import Verdict


class EventReads(Protocol):
    """Events, to read."""

    def after(self, cursor: int, *, limit: int, request_id: RequestId | None = None) -> Sequence[Event]:
        """Return what happened after the cursor, oldest first; of one request if given."""
        ...

    def cursor(self, name: str) -> int:
        """Return the reader's durable cursor, 0 before its first move."""
        ...

    def last_seq(self) -> int:
        """Return the newest event's number, 0 if there is none."""
        ...


class EventStore(EventReads, Protocol):
    """Events, to write."""

    def add(
        self,
        kind: EventKind,
        *,
        request_id: RequestId,
        account_id: AccountId,
        now_ms: int,
        body: Mapping[str, object],
    ) -> None:
        """Write what happened."""
        ...

    def take_cursor(self, name: str) -> int:
        """Return the reader's durable cursor; another transaction that takes it waits until this one has ended."""
        ...

    def move_cursor(self, name: str, seq: int) -> None:
        """Register the reader, or move its cursor forward; never back."""
        ...

    def prune(self, *, before_ms: int, limit: int) -> int:
        """Delete old events that every registered reader has dealt with and return how many."""
        ...


class VerdictStore(Protocol):
    """Verdicts and incidents; prompts are never in them."""

    def record(self, verdict: Verdict, *, request_id: RequestId, now_ms: int) -> None:
        """Write the verdict on an accepted request."""
        ...

    def incident(self, verdict: Verdict, *, account_id: AccountId, source: str, now_ms: int) -> None:
        """Write that a prompt was refused, to whom and by which rule."""
        ...

    def incidents_of(self, account_id: AccountId) -> Sequence[tuple[str, int]]:
        """Return (rule, at_ms) of the account's refusals, newest first."""
        ...


class LoopStore(Protocol):
    """Which loops ran when, once over all processes."""

    def begin(self, loop: str, *, due_ms: int, now_ms: int) -> bool:
        """Take this run of the loop; False if another process has it."""
        ...

    def end(self, loop: str, *, due_ms: int, now_ms: int, outcome: str) -> None:
        """Note how the run ended, and forget runs older than a day."""
        ...
