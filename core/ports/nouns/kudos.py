"""Journal, escrows and shared keys: what a use case may read, and write. Their figures follow the ledger."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from core.domain.ids import AccountId
from core.domain.kudos.keys import SharedKey
from core.domain.kudos.ledger import TransferReason
from core.domain.kudos.statement import Entry


class JournalReads(Protocol):
    """The journal as one account's statement reads it."""

    def entries(self, own: Collection[AccountId], *, below_seq: int, limit: int) -> Sequence[Entry]:
        """Return the accounts' transfers below this place in the journal, newest first, each once."""
        ...

    def sums(
        self, own: Collection[AccountId], *, since_ms: int, until_ms: int
    ) -> tuple[dict[TransferReason, int], dict[TransferReason, int]]:
        """Return what the accounts together earned and spent in the period, by reason, in millikudos."""
        ...


class EscrowReads(Protocol):
    """What waits for whom until trusted; a transfer to or from the escrow's account changes it by itself."""

    def of(self, account_id: AccountId) -> int:
        """Return what waits for the account, in millikudos."""
        ...

    def all(self) -> Mapping[AccountId, int]:
        """Return every account's kept figure."""
        ...

    def sums(self) -> Mapping[AccountId, int]:
        """Recompute the figures from the journal."""
        ...

    def trusted_by_work(self, *, escrow_min_mk: int, made_before_ms: int, limit: int) -> Sequence[AccountId]:
        """Return untrusted accounts, neither flagged nor deleted, that are old enough and have this much in escrow."""
        ...


class SharedKeyReads(Protocol):
    """The keys that are lent, to read."""

    def get(self, key_id: str) -> SharedKey | None:
        """Return the key, also one that was revoked."""
        ...

    def of_account(self, account_id: AccountId) -> Sequence[SharedKey]:
        """Return an account's keys that were not revoked, oldest first."""
        ...

    def adrift(self, *, limit: int) -> Sequence[tuple[str, int, int, int, int]]:
        """Return (key, reserved, held by its holds, utilized, posted of its holds) where they do not fit."""
        ...


class SharedKeyStore(SharedKeyReads, Protocol):
    """The keys that are lent, to write."""

    def lock(self, key_id: str) -> SharedKey | None:
        """Return the key; until this transaction ends nobody else takes from its budget or changes it."""
        ...

    def add(self, key: SharedKey) -> None:
        """Write a key whose id is new."""
        ...

    def put(self, key: SharedKey) -> None:
        """Write name, budget, time and limits as in this value; what is reserved and spent follows the holds."""
        ...
