"""A backup restored on another server: every reader of events goes on where it stood."""

import sqlalchemy as sa

from core.ports.store import Transaction
from core.store import connection_of
from core.store.migrate import upgrade
from core.store.postgres.restored import settle_positions
from tests.contracts.store_use import happen, happened
from tests.core.scene import ALL_VERSIONS, HandClock
from tests.stores import ONLY_POSTGRES, Database

# Numbers of transactions as a server far ahead would have given them, and some out of the order of the events.
_FROM_AHEAD = sa.text("UPDATE events SET xid = CAST(CAST(900000000000 + 10 * (seq / 2) - seq AS text) AS xid8)")


@ONLY_POSTGRES
async def test_events_of_a_restored_backup_are_read_to_the_end(database: Database) -> None:
    uow = await database.open(clock=HandClock())
    for name in "abcdef":
        await uow.write(happen(name))
    await uow.write(lambda tx: connection_of(tx).execute(_FROM_AHEAD))
    order = sa.text(
        "SELECT request_id, CAST(CAST(xid AS text) AS bigint) AS xid, seq FROM events ORDER BY events.xid, seq"
    )
    rows = await uow.read(lambda tx: connection_of(tx).execute(order).all())
    in_order = [row.request_id for row in rows]
    assert in_order != sorted(in_order)

    def stand_after_two(tx: Transaction) -> None:
        tx.events.move_cursor("reader", (rows[1].xid << 64) | rows[1].seq)
        tx.events.move_cursor("late", 0)

    await uow.write(stand_after_two)
    assert await happened(uow) == [], "no reader is shown anything"
    upgrade(database.url, ALL_VERSIONS)
    for reader, left in (("reader", in_order[2:]), ("late", in_order)):
        place = await uow.read(lambda tx, reader=reader: tx.events.cursor(reader))  # type: ignore[misc]
        assert [name for _, name in await happened(uow, cursor=place)] == left
    await uow.write(happen("new"))
    assert [name for _, name in await happened(uow)] == [*in_order, "new"]
    assert not settle_positions(database.url), "once is enough"


@ONLY_POSTGRES
async def test_a_cursor_that_is_ahead_misses_nothing_new(database: Database) -> None:
    uow = await database.open(clock=HandClock())
    await uow.write(lambda tx: tx.events.move_cursor("reader", 900_000_000_000 << 64))
    upgrade(database.url, ALL_VERSIONS)
    await uow.write(happen("new"))
    place = await uow.read(lambda tx: tx.events.cursor("reader"))
    assert [name for _, name in await happened(uow, cursor=place)] == ["new"]
