"""Filters, time-outs of addresses, and modes."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.domain.filters import Filter
from core.domain.guard import AddressBlock, Mode
from core.domain.ids import AccountId, WorkerId
from core.store.rows.record.upsert import upsert
from core.store.tables import accounts, address_blocks, address_strikes, filters, modes, worker_addresses

_FILTERS = (
    sa.select(filters, accounts.c.name.label("author"))
    .join(accounts, accounts.c.id == filters.c.account_id)
    .order_by(filters.c.made_at_ms, filters.c.id)
)
_FILTER = _FILTERS.where(filters.c.id == sa.bindparam("filter_id"))
_PUT_FILTER = sa.update(filters).where(filters.c.id == sa.bindparam("the_filter"))
_REMOVE_FILTER = sa.delete(filters).where(filters.c.id == sa.bindparam("the_filter"))
_BLOCKS = (
    sa.select(address_blocks)
    .where(address_blocks.c.until_ms > sa.bindparam("now_ms", type_=sa.BigInteger))
    .order_by(address_blocks.c.until_ms.desc(), address_blocks.c.id)
)
_UNBLOCK = sa.delete(address_blocks).where(address_blocks.c.id == sa.bindparam("block_id"))
_STRIKES = sa.select(sa.func.count()).where(
    address_strikes.c.address_hash == sa.bindparam("the_hash"),
    address_strikes.c.at_ms >= sa.bindparam("since_ms", type_=sa.BigInteger),
)
_STRIKE = sa.insert(address_strikes)
_ADDRESS_OF = sa.select(worker_addresses.c.address_hash).where(
    worker_addresses.c.worker_id == sa.bindparam("worker_id")
)
_BLOCK = upsert(
    address_blocks,
    ["id"],
    lambda excluded: {"address_hash": excluded.address_hash, "until_ms": excluded.until_ms},
)
_CAME = upsert(
    worker_addresses,
    ["worker_id"],
    lambda excluded: {"address_hash": excluded.address_hash, "seen_at_ms": excluded.seen_at_ms},
)
_SWITCH = upsert(modes, ["name"], lambda excluded: {"is_on": excluded.is_on})
_KNOWN_MODES = {mode.value: mode for mode in Mode}


class Guard:
    """What moderators keep people out with, in one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection

    def filters(self) -> Sequence[Filter]:
        """Return every filter, the oldest first."""
        return [_filter(row) for row in self._connection.execute(_FILTERS)]

    def filter(self, filter_id: str) -> Filter | None:
        """Return the filter."""
        row = self._connection.execute(_FILTER, {"filter_id": filter_id}).first()
        return None if row is None else _filter(row)

    def blocks(self, *, now_ms: int) -> Sequence[AddressBlock]:
        """Return the time-outs that are in force, those that last longest first."""
        found = self._connection.execute(_BLOCKS, {"now_ms": now_ms})
        return [AddressBlock(id=row.id, address_hash=row.address_hash, until_ms=row.until_ms) for row in found]

    def modes(self) -> frozenset[Mode]:
        """Return the modes that are on."""
        found = self._connection.scalars(sa.select(modes.c.name).where(modes.c.is_on))
        return frozenset(_KNOWN_MODES[name] for name in found if name in _KNOWN_MODES)

    def address_of(self, worker_id: WorkerId) -> str | None:
        """Return the keyed hash of the address that the worker last came from."""
        found: str | None = self._connection.scalar(_ADDRESS_OF, {"worker_id": worker_id})
        return found

    def add_filter(self, one: Filter) -> None:
        """Write a new filter."""
        made = {"id": one.id, "account_id": one.account_id, "made_at_ms": one.made_at_ms}
        self._connection.execute(sa.insert(filters), made | _changeable(one))

    def put_filter(self, one: Filter) -> None:
        """Write all of a filter that may be changed."""
        self._connection.execute(_PUT_FILTER.values(**_changeable(one)), {"the_filter": one.id})

    def remove_filter(self, filter_id: str) -> None:
        """Delete the filter."""
        self._connection.execute(_REMOVE_FILTER, {"the_filter": filter_id})

    def block(self, block: AddressBlock) -> None:
        """Write a time-out; one of the same id is replaced."""
        row = {"id": block.id, "address_hash": block.address_hash, "until_ms": block.until_ms}
        self._connection.execute(_BLOCK[self._connection.dialect.name], row)

    def unblock(self, block_id: str) -> bool:
        """Delete a time-out; return False where there was none."""
        return self._connection.execute(_UNBLOCK, {"block_id": block_id}).rowcount > 0

    def strike(self, address_hash: str, *, now_ms: int, since_ms: int) -> int:
        """Count one refused prompt of the address; return how many others there were since then."""
        asked = {"the_hash": address_hash, "since_ms": since_ms}
        others = self._connection.scalar(_STRIKES, asked) or 0
        self._connection.execute(_STRIKE, {"address_hash": address_hash, "at_ms": now_ms})
        return others

    def switch(self, mode: Mode, *, on: bool) -> None:
        """Switch a mode."""
        self._connection.execute(_SWITCH[self._connection.dialect.name], {"name": mode.value, "is_on": on})

    def came_from(self, worker_id: WorkerId, *, address_hash: str, now_ms: int) -> None:
        """Note the address that the worker came from, as its keyed hash."""
        row = {"worker_id": worker_id, "address_hash": address_hash, "seen_at_ms": now_ms}
        self._connection.execute(_CAME[self._connection.dialect.name], row)

    def prune(self, *, blocks_before_ms: int, strikes_before_ms: int, addresses_before_ms: int) -> int:
        """Delete time-outs that ended, strikes and workers' addresses from before these times; return how many."""
        old = _old(blocks_before_ms, strikes_before_ms, addresses_before_ms)
        return sum(self._connection.execute(sa.delete(table).where(rows)).rowcount for table, rows in old)

    def has_stale(self, *, blocks_before_ms: int, strikes_before_ms: int, addresses_before_ms: int) -> bool:
        """Tell whether ``prune`` would delete anything."""
        old = _old(blocks_before_ms, strikes_before_ms, addresses_before_ms)
        return any(
            self._connection.execute(sa.select(sa.literal(1)).select_from(table).where(rows).limit(1)).first()
            is not None
            for table, rows in old
        )


def _old(
    blocks_before_ms: int, strikes_before_ms: int, addresses_before_ms: int
) -> tuple[tuple[sa.Table, "sa.ColumnElement[bool]"], ...]:
    """Return what is to be deleted of each table."""
    return (
        (address_blocks, address_blocks.c.until_ms <= blocks_before_ms),
        (address_strikes, address_strikes.c.at_ms < strikes_before_ms),
        (worker_addresses, worker_addresses.c.seen_at_ms < addresses_before_ms),
    )


def _filter(row: "sa.Row[*tuple[Any, ...]]") -> Filter:
    """Return the filter of a row."""
    return Filter(
        id=row.id,
        pattern=row.pattern,
        type=row.type,
        about=row.about,
        replacement=row.replacement,
        account_id=AccountId(row.account_id),
        author=f"{row.author}#{row.account_id}",
        made_at_ms=row.made_at_ms,
    )


def _changeable(one: Filter) -> dict[str, object]:
    """Return the columns of what may be changed of a filter."""
    return {"pattern": one.pattern, "type": one.type, "about": one.about, "replacement": one.replacement}
