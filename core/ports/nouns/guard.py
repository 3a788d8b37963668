"""What moderators keep people out with, in the store: filters, time-outs of addresses, modes."""

from collections.abc import Sequence
from typing import Protocol

from core.domain.filters import Filter
from core.domain.guard import AddressBlock, Mode
from core.domain.ids import WorkerId


class GuardReads(Protocol):
    """Filters, blocks and modes, to read."""

    def filters(self) -> Sequence[Filter]:
        """Return every filter, the oldest first."""
        ...

    def filter(self, filter_id: str) -> Filter | None:
        """Return the filter."""
        ...

    def blocks(self, *, now_ms: int) -> Sequence[AddressBlock]:
        """Return the time-outs that are in force, those that last longest first."""
        ...

    def modes(self) -> frozenset[Mode]:
        """Return the modes that are on."""
        ...

    def address_of(self, worker_id: WorkerId) -> str | None:
        """Return the keyed hash of the address that the worker last came from."""
        ...

    def has_stale(self, *, blocks_before_ms: int, strikes_before_ms: int, addresses_before_ms: int) -> bool:
        """Tell whether ``prune`` would delete anything."""
        ...


class GuardStore(GuardReads, Protocol):
    """Filters, blocks and modes, to write."""

    def add_filter(self, one: Filter) -> None:
        """Write a new filter."""
        ...

    def put_filter(self, one: Filter) -> None:
        """Write all of a filter that may be changed."""
        ...

    def remove_filter(self, filter_id: str) -> None:
        """Delete the filter."""
        ...

    def block(self, block: AddressBlock) -> None:
        """Write a time-out; one of the same id is replaced."""
        ...

    def unblock(self, block_id: str) -> bool:
        """Delete a time-out; return False where there was none."""
        ...

    def strike(self, address_hash: str, *, now_ms: int, since_ms: int) -> int:
        """Count one refused prompt of the address; return how many others there were since then."""
        ...

    def switch(self, mode: Mode, *, on: bool) -> None:
        """Switch a mode."""
        ...

    def came_from(self, worker_id: WorkerId, *, address_hash: str, now_ms: int) -> None:
        """Note the address that the worker came from, as its keyed hash."""
        ...

    def prune(self, *, blocks_before_ms: int, strikes_before_ms: int, addresses_before_ms: int) -> int:
        """Delete time-outs that ended, strikes and workers' addresses from before these times; return how many."""
        ...
