"""Codes that join purses, and the merges that came of them: what a use case may read, and what it may write."""

from collections.abc import Sequence
from typing import Protocol

from core.domain.ids import AccountId
from core.domain.kudos.linking import LinkCode, Merge


class LinkReads(Protocol):
    """Merges, to read."""

    def merge(self, merge_id: str) -> Merge | None:
        """Return the merge of this id."""
        ...

    def merges_of(self, account_id: AccountId) -> Sequence[Merge]:
        """Return every merge that the account was a side of, undone ones too, newest first."""
        ...

    def merges_into(self, account_id: AccountId) -> Sequence[Merge]:
        """Return what was merged into the account and not undone, oldest first."""
        ...

    def to_sweep(self, *, limit: int) -> Sequence[str]:
        """Return merges whose gone account has something available, or owes something."""
        ...


class LinkStore(LinkReads, Protocol):
    """Codes and merges, to write."""

    def put_code(self, code: str, asked: LinkCode, *, now_ms: int) -> None:
        """Keep the code's hash; an earlier one of the same identity is good for nothing any more."""
        ...

    def take_code(self, code: str) -> LinkCode | None:
        """Return who asked for the code, which is used up by that."""
        ...

    def count_try(self, *, platform: str, external_id: str, since_ms: int, now_ms: int) -> int:
        """Return the number of tries of this name since then, this one among them."""
        ...

    def forget_tries(self, *, platform: str, external_id: str) -> None:
        """Have the name begin anew."""
        ...

    def lock_merge(self, merge_id: str) -> Merge | None:
        """Return the merge; until this transaction ends nobody else changes it."""
        ...

    def put_merge(self, merge: Merge) -> None:
        """Write the merge as it is in this value."""
        ...
