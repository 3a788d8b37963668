"""What accounts have done and earned in all, to read and to write."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.domain.ids import AccountId, WorkerId
from core.domain.kinds.kind import Kind
from core.domain.kudos.ledger import TransferReason
from core.domain.records import Fulfilled, Moved, Movement, StyleMade, Usage


class RecordReads(Protocol):
    """Records, to read, of several accounts at once: one statement each."""

    def usage(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, Mapping[Kind, Usage]]:
        """Return what the accounts asked for and got, as of the last roll-up."""
        ...

    def fulfilled(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, Mapping[Kind, Fulfilled]]:
        """Return what the accounts' workers made, those that are gone too."""
        ...

    def moved(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, Mapping[TransferReason, Moved]]:
        """Return what came to the accounts and left them, by reason, as of the last roll-up."""
        ...

    def worker_ids(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, tuple[WorkerId, ...]]:
        """Return the accounts' workers, the oldest first."""
        ...

    def styles(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, tuple[StyleMade, ...]]:
        """Return the styles that the accounts made, the oldest first."""
        ...

    def journal_mark(self) -> int:
        """Return up to which place of the journal ``moved`` has it."""
        ...

    def movements(self, *, after_seq: int, limit: int) -> Sequence[Movement]:
        """Return the transfers after this place in the journal, the oldest first."""
        ...


class RecordStore(RecordReads, Protocol):
    """Records, to write."""

    def add_usage(self, usage: Mapping[tuple[AccountId, Kind], Usage]) -> None:
        """Add to what the accounts asked for and got."""
        ...

    def take_journal_mark(self) -> int:
        """Return the mark; another transaction that takes it waits until this one has ended."""
        ...

    def add_moved(self, moved: Mapping[tuple[AccountId, TransferReason], Moved], *, up_to_seq: int) -> None:
        """Add to what came and left, and move the mark, which was taken, to this place."""
        ...
