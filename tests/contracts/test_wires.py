"""The wires to PostgreSQL: what is waited for, and for how long."""

import asyncio

import asyncpg
import pytest
import sqlalchemy as sa

from core.store import Store
from core.store.postgres.connections import is_lost, url_of
from core.store.postgres.packets import Packets
from core.store.postgres.wire import Begin, Wire
from core.store.postgres.wires import Wires
from core.store.transaction import SqlTransaction
from core.store.writes import FEW, insert, update
from tests.contracts.store_use import add
from tests.postgres import server
from tests.stores import ONLY_POSTGRES, Database

WAIT_S = 20


@ONLY_POSTGRES
async def test_an_answer_that_does_not_come_is_given_up(database: Database) -> None:
    wires = Wires(url_of(database.url), most=1, begin=Begin.LOOKING, answer_wait_s=0.5)
    try:
        async with asyncio.timeout(WAIT_S):
            with pytest.raises(asyncpg.PostgresError) as caught:
                await wires.run(lambda wire: wire.rows("SELECT pg_sleep(60)", ()))
        assert is_lost(caught.value)
        assert [tuple(row) for row in await wires.run(lambda wire: wire.rows("SELECT 1", ()))] == [(1,)]
    finally:
        await wires.aclose()


@ONLY_POSTGRES
async def test_what_one_user_leaves_open_the_next_does_not_find(database: Database) -> None:
    wires = Wires(url_of(database.url), most=1, begin=Begin.WRITING)

    def leave(wire: Wire) -> None:
        wire.begin()
        wire.connection.execute(sa.text("CREATE TABLE left_open (one integer)"))

    def found(wire: Wire) -> object:
        return wire.rows("SELECT to_regclass('left_open')", ())[0][0]

    try:
        await wires.run(leave)
        assert await wires.run(found) is None
    finally:
        await wires.aclose()


@ONLY_POSTGRES
async def test_a_user_that_was_cancelled_leaves_no_wire_that_writes_on_anothers(database: Database) -> None:
    """What came after a cancelled statement was once written on another wire, and stayed though it was rolled back.

    SQLAlchemy had given the connection up and reconnected to the one that was opened last.
    """
    wires = Wires(url_of(database.url), most=2, begin=Begin.WRITING)
    begun = asyncio.Event()

    def create(wire: Wire) -> None:
        wire.begin()
        wire.connection.exec_driver_sql("CREATE TABLE kept (one integer)")
        wire.commit()

    def wait(wire: Wire) -> None:
        wire.begin()
        begun.set()
        wire.connection.exec_driver_sql("SELECT pg_sleep(60)")

    def leave(wire: Wire) -> None:
        wire.begin()
        wire.connection.exec_driver_sql("INSERT INTO kept VALUES (1)")

    try:
        async with asyncio.timeout(WAIT_S):
            await wires.run(create)
            waiting = asyncio.get_running_loop().create_task(wires.run(wait))
            await begun.wait()
            await wires.run(lambda wire: wire.begin())  # on a second one
            waiting.cancel()
            await asyncio.wait([waiting])
            assert waiting.cancelled()
            await wires.run(leave)
            assert await wires.run(lambda wire: wire.rows("SELECT one FROM kept", ())) == []
    finally:
        await wires.aclose()


_NOTES = "CREATE TABLE IF NOT EXISTS notes (one integer PRIMARY KEY)"
_NOTE = "INSERT INTO notes VALUES ($1)"
_NOTED = "SELECT one FROM notes ORDER BY one"


def noted(wire: Wire) -> list[int]:
    return [row[0] for row in wire.rows(_NOTED, ())]


def note(wire: Wire, *numbers: int) -> list[int]:
    """Note the numbers, the last of them together with the COMMIT; return what was there before."""
    wire.begin()
    before = noted(wire)
    *most, last = numbers
    for number in most:
        wire.run(_NOTE, (number,))
    wire.end()
    wire.run(_NOTE, (last,))
    wire.commit()
    return before


@ONLY_POSTGRES
async def test_a_begin_and_a_commit_cost_no_round_trip_of_their_own(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    wires, sent, write = Wires(url_of(database.url), most=1, begin=Begin.WRITING), list[bytes](), Packets._write

    def counted(self: Packets, packet: memoryview) -> None:
        sent.append(bytes(packet))
        write(self, packet)

    monkeypatch.setattr(Packets, "_write", counted)
    try:
        await wires.run(lambda wire: wire.connection.exec_driver_sql(_NOTES))
        for number in range(3):
            sent.clear()
            assert await wires.run(lambda wire, n=number: note(wire, n)) == list(range(number))  # type: ignore[misc] # bound now
            assert len(sent) == 2 or not number, sent
        assert await wires.run(noted) == [0, 1, 2]
    finally:
        await wires.aclose()


@ONLY_POSTGRES
async def test_a_wire_that_was_lost_meanwhile_is_found_out_before_it_is_asked_to_commit(database: Database) -> None:
    wires = Wires(url_of(database.url), most=1, begin=Begin.WRITING)
    asked = list[int]()

    def only_write(wire: Wire, *, is_lost: bool = False) -> None:
        wire.begin()
        if is_lost:
            server().hang_up(database.url)
        wire.end()
        wire.run(_NOTE, (len(asked),))
        asked.append(len(asked))
        wire.commit()

    try:
        await wires.run(lambda wire: wire.connection.exec_driver_sql(_NOTES))
        await wires.run(only_write)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await wires.run(lambda wire: only_write(wire, is_lost=True))
        assert asked == [0], "it was not asked to commit"
        await wires.run(only_write)
        assert await wires.run(noted) == asked
    finally:
        await wires.aclose()


@ONLY_POSTGRES
async def test_where_the_last_statement_fails_nothing_is_committed(database: Database) -> None:
    wires = Wires(url_of(database.url), most=1, begin=Begin.WRITING)
    try:
        await wires.run(lambda wire: wire.connection.exec_driver_sql(_NOTES))
        for _ in range(2):
            with pytest.raises(asyncpg.UniqueViolationError):
                await wires.run(lambda wire: note(wire, 1, 2, 1))
            assert await wires.run(noted) == []
        await wires.run(lambda wire: note(wire, 1, 2))
        assert await wires.run(noted) == [1, 2]
    finally:
        await wires.aclose()


@ONLY_POSTGRES
async def test_a_statement_that_the_driver_refuses_leaves_the_transaction_to_the_next(database: Database) -> None:
    wires = Wires(url_of(database.url), most=1, begin=Begin.WRITING)

    def refused(wire: Wire) -> None:
        wire.begin()
        with pytest.raises(asyncpg.DataError):
            wire.rows(_NOTE, ("no number",))
        wire.run(_NOTE, (1,))

    try:
        await wires.run(lambda wire: wire.connection.exec_driver_sql(_NOTES))
        for _ in range(2):  # before and after it is prepared
            await wires.run(refused)
            assert await wires.run(noted) == []
    finally:
        await wires.aclose()


@ONLY_POSTGRES
async def test_sqlalchemy_s_own_statements_are_in_the_transaction_too(database: Database) -> None:
    wires = Wires(url_of(database.url), most=1, begin=Begin.WRITING)

    def left(wire: Wire) -> None:
        wire.begin()
        wire.connection.exec_driver_sql("INSERT INTO notes VALUES (1)")

    def kept(wire: Wire) -> None:
        wire.begin()
        wire.end()
        wire.run(_NOTE, (1,))
        assert wire.connection.exec_driver_sql(_NOTED).scalars().all() == [1], "what was kept is seen"
        wire.run(_NOTE, (2,))
        wire.commit()

    try:
        await wires.run(lambda wire: wire.connection.exec_driver_sql(_NOTES))
        await wires.run(left)
        assert await wires.run(noted) == []
        await wires.run(kept)
        assert await wires.run(noted) == [1, 2]
    finally:
        await wires.aclose()


@ONLY_POSTGRES
async def test_few_rows_and_many_are_written_alike(uow: Store) -> None:
    table = sa.Table("heap", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", sa.Text))
    adding, changing = insert(table, "id", "word"), update(table, word=":word")

    def write(tx: object) -> list[tuple[object, ...]]:
        assert isinstance(tx, SqlTransaction)
        tx.connection.exec_driver_sql("CREATE TABLE heap (id integer PRIMARY KEY, word text)")
        for count in (1, FEW, FEW + 1, 3 * FEW):
            rows = [{"id": count * 100 + number, "word": f"{number}"} for number in range(count)]
            for row in rows:
                tx.writes.add(adding, row)
            tx.writes.flush()
            for row in rows:
                tx.writes.add(changing, row | {"word": f"changed {row['word']}"})
            tx.writes.flush()
        found = tx.connection.exec_driver_sql("SELECT id, word FROM heap ORDER BY id").all()
        return [tuple(row) for row in found]

    expected = [
        (count * 100 + number, f"changed {number}") for count in (1, FEW, FEW + 1, 3 * FEW) for number in range(count)
    ]
    assert await uow.write(write) == expected
    assert await uow.write(add("ann"))
