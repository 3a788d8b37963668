"""Guard: addresses are kept out for a time, modes are switched, and what holds now is read at once."""

from dataclasses import dataclass, field

from core.domain.accounts import Account
from core.domain.errors import InvalidRequest, NotFound, NotPermitted
from core.domain.filters import Filter
from core.domain.guard import (
    DAYS_MAX,
    HOURS_MAX,
    STRIKES_COUNTED_MS,
    AddressBlock,
    Mode,
    network_of,
    prompt_timeout_ms,
)
from core.domain.ids import WorkerId
from core.ports.store import ReadTransaction, Transaction
from core.services.workers.permit import worker_that

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
ADDRESSES_KEPT_MS = 30 * _DAY_MS
BLOCKS_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What moderators have set, as it is now."""

    modes: frozenset[Mode] = frozenset()
    blocks: tuple[AddressBlock, ...] = ()
    filters: tuple[Filter, ...] = field(default=(), repr=False)


def in_force(tx: ReadTransaction | Transaction, *, now_ms: int) -> InForce:
    """Return what moderators have set."""
    return InForce(
        modes=tx.guard.modes(), blocks=tuple(tx.guard.blocks(now_ms=now_ms)), filters=tuple(tx.guard.filters())
    )


def block_network(tx: Transaction, *, network: str, hours: int, now_ms: int) -> AddressBlock:
    """Return the time-out of an address or a range; raises ``InvalidRequest`` for a limit."""
    if not 1 <= hours <= HOURS_MAX:
        message = f"A time-out lasts 1 to {HOURS_MAX} hours, not {hours}."
        raise InvalidRequest(message, field="hours", limit=HOURS_MAX, value=hours)
    if len(tx.guard.blocks(now_ms=now_ms)) >= BLOCKS_MAX:
        message = f"There are {BLOCKS_MAX} time-outs, which is the limit. Name ranges, or delete some."
        raise InvalidRequest(message, limit=BLOCKS_MAX)
    block = AddressBlock(id=str(network_of(network)), until_ms=now_ms + hours * _HOUR_MS)
    tx.guard.block(block)
    return block


def unblock_network(tx: Transaction, *, network: str) -> None:
    """Let an address or a range in again; raises ``NotFound`` where it is not kept out under this name."""
    if not tx.guard.unblock(str(network_of(network))):
        message = f"There is no time-out of {network[:40]!r}. The list shows each as it has to be named."
        raise NotFound(message)


def block_worker(tx: Transaction, *, worker_id: WorkerId, days: int, now_ms: int) -> AddressBlock:
    """Return the time-out of the address that a worker last came from, which is known by its keyed hash alone.

    Raises ``NotFound`` for an unknown worker or address, ``InvalidRequest`` for a limit.
    """
    if not 1 <= days <= DAYS_MAX:
        message = f"A time-out of a worker's address lasts 1 to {DAYS_MAX} days, not {days}."
        raise InvalidRequest(message, field="days", limit=DAYS_MAX, value=days)
    worker = worker_that(tx, worker_id)
    address_hash = tx.guard.address_of(worker.id)
    if address_hash is None:
        message = f"It is not known from where the worker {worker.name!r} came last. Wait until it asks for work."
        raise NotFound(message)
    block = AddressBlock(id=worker.id, address_hash=address_hash, until_ms=now_ms + days * _DAY_MS)
    tx.guard.block(block)
    return block


def unblock_worker(tx: Transaction, *, worker_id: WorkerId) -> None:
    """Let the worker's address in again; raises ``NotFound`` where it is not kept out."""
    worker = worker_that(tx, worker_id)
    if not tx.guard.unblock(worker.id):
        message = f"There is no time-out of the address of the worker {worker.name!r}."
        raise NotFound(message)


def strike(tx: Transaction, *, address_hash: str, now_ms: int) -> AddressBlock:
    """Return the time-out of an address after a prompt from it was refused; it grows with each in a day."""
    others = tx.guard.strike(address_hash, now_ms=now_ms, since_ms=now_ms - STRIKES_COUNTED_MS)
    block = AddressBlock(
        id=f"prompt:{address_hash[:24]}", address_hash=address_hash, until_ms=now_ms + prompt_timeout_ms(others)
    )
    tx.guard.block(block)
    return block


def note_address(tx: Transaction, *, worker_name: str, owner: Account, address_hash: str, now_ms: int) -> bool:
    """Return True after the keyed hash of the address was noted that the worker came from, if it is the owner's."""
    worker = tx.workers.by_name(worker_name)
    if worker is None or worker.account_id != owner.id:
        return False
    tx.guard.came_from(worker.id, address_hash=address_hash, now_ms=now_ms)
    return True


def switch_modes(tx: Transaction, *, by: Account, wanted: dict[Mode, bool], is_admin: bool) -> frozenset[Mode]:
    """Return the modes that are on now. Maintenance is for admins, the others for moderators.

    Raises ``InvalidRequest`` where nothing is wished, ``NotPermitted``.
    """
    if not wanted:
        message = "Nothing is to be changed. Name at least one of: maintenance, invite_only, raid."
        raise InvalidRequest(message, code="NoHordeModSelected")
    if Mode.MAINTENANCE in wanted and not is_admin:
        message = "Only an admin may switch maintenance. Ask whoever runs this horde."
        raise NotPermitted(message, code="NotAdmin")
    if not by.moderator and not is_admin:
        message = "Only moderators may switch the horde's modes. Ask one of them."
        raise NotPermitted(message, code="NotModerator")
    for mode, on in wanted.items():
        tx.guard.switch(mode, on=on)
    return tx.guard.modes()


def is_stale(tx: ReadTransaction, *, now_ms: int) -> bool:
    """Tell whether ``prune_guard`` has anything to do."""
    return tx.guard.has_stale(
        blocks_before_ms=now_ms,
        strikes_before_ms=now_ms - STRIKES_COUNTED_MS,
        addresses_before_ms=now_ms - ADDRESSES_KEPT_MS,
    )


def prune_guard(tx: Transaction, *, now_ms: int) -> int:
    """Return how many time-outs that ended, strikes that no longer count and old hashes are gone."""
    return tx.guard.prune(
        blocks_before_ms=now_ms,
        strikes_before_ms=now_ms - STRIKES_COUNTED_MS,
        addresses_before_ms=now_ms - ADDRESSES_KEPT_MS,
    )
