"""What PostgreSQL alone has: many transactions at once, a server that may hang up, and notices to other processes."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest
import sqlalchemy as sa
from sqlalchemy.util import await_only

from core.domain.errors import InvalidRequest, Unavailable
from core.domain.ids import MINT
from core.domain.moderation import ALLOWED
from core.domain.queue.lanes import lane_of
from core.ports.store import ReadTransaction, Transaction
from core.services.people.register import register
from core.services.queue.submit import submit
from core.store import Store, connection_of
from core.store.postgres.unit_of_work import PostgresUnitOfWork
from core.store.statement import Prepared
from core.store.transaction import SqlTransaction
from tests.contracts.conftest import Heard
from tests.contracts.store_use import HeldOpen, add, happen, happened, names, outcome
from tests.core.scene import HandClock, Scene, draft
from tests.postgres import server
from tests.stores import ONLY_POSTGRES, Database

WAIT_S = 20


def hang_up(database: Database) -> None:
    """Have the server end every connection to the database."""
    server().hang_up(database.url)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not true():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.01)


@ONLY_POSTGRES
async def test_of_two_that_block_each_other_both_end_well(uow: Store) -> None:
    for name in ("ann", "bob"):
        await uow.write(add(name))
    both = asyncio.Barrier(2)
    tries: list[int] = []

    def touch(first: int, second: int) -> Callable[[Transaction], None]:
        def run(tx: Transaction) -> None:
            tries.append(first)
            connection = connection_of(tx)
            connection.exec_driver_sql("SET LOCAL deadlock_timeout = '20ms'")
            step = sa.text("UPDATE accounts SET created_at_ms = created_at_ms + 1 WHERE id = :id")
            connection.execute(step, {"id": first})
            if tries.count(first) == 1:
                await_only(both.wait())
            connection.execute(step, {"id": second})

        return run

    async with asyncio.timeout(WAIT_S):
        await asyncio.gather(uow.write(touch(1, 2)), uow.write(touch(2, 1)))
    assert len(tries) >= 3, "one of them was run again"
    ages = await uow.read(
        lambda tx: connection_of(tx).scalars(sa.text("SELECT created_at_ms FROM accounts WHERE id > 0")).all()
    )
    assert ages == [2, 2]


@ONLY_POSTGRES
async def test_the_same_key_at_the_same_moment_is_one_request(scene: Scene, database: Database) -> None:
    guest = await scene.guest()
    other = Scene(uow=await database.open(clock=scene.clock), clock=scene.clock)
    asked: list[str] = []

    def ask(tx: Transaction) -> None:
        accepted = submit(
            tx,
            account_id=guest.id,
            draft=draft(),
            verdict=ALLOWED,
            policy=scene.policy,
            now_ms=scene.clock.now_ms(),
            idempotency_key="k",
        )
        asked.append(accepted.request_id)

    async with HeldOpen(scene.uow, ask):
        second = asyncio.get_running_loop().create_task(other.ask(guest.id, key="k"))
        await asyncio.sleep(0.1)
    async with asyncio.timeout(WAIT_S):
        assert (await second).request_id == asked[0]
    assert (await scene.audit()).holds_pending == 1


@ONLY_POSTGRES
async def test_many_at_once_with_few_keys_make_few_requests(scene: Scene, database: Database) -> None:
    guest = await scene.guest()
    scenes = [Scene(uow=await database.open(clock=scene.clock), clock=scene.clock) for _ in range(2)]
    asked = await asyncio.gather(*(scenes[i % 2].ask(guest.id, key=f"k{i % 4}") for i in range(16)))
    assert len({one.request_id for one in asked}) == 4
    assert (await scene.audit()).holds_pending == 4


@ONLY_POSTGRES
async def test_who_waits_for_a_connection_gets_one(database: Database) -> None:
    uow = await database.open(clock=HandClock(), connections=1)
    async with HeldOpen(uow, add("first")):
        second = asyncio.get_running_loop().create_task(uow.write(add("second")))
        await asyncio.sleep(0.05)
        assert not second.done()
    await second
    assert await uow.read(names) == ["first", "second"]


@ONLY_POSTGRES
async def test_a_caller_that_goes_leaves_nothing_and_its_connection_is_free(database: Database) -> None:
    uow = await database.open(clock=HandClock(), connections=1)
    began = asyncio.Event()

    def wait(tx: Transaction) -> None:
        add("gone")(tx)
        connection_of(tx)
        began.set()
        await_only(asyncio.sleep(WAIT_S))

    for _ in range(3):
        began.clear()
        task = asyncio.get_running_loop().create_task(uow.write(wait))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(WAIT_S):
            await uow.write(add("here"))
    assert await uow.read(names) == ["here"] * 3


@ONLY_POSTGRES
async def test_a_server_that_hung_up_is_asked_again(uow: Store, database: Database) -> None:
    await asyncio.gather(*(uow.write(add(f"a{i}")) for i in range(5)))
    for i in range(3):
        hang_up(database)
        await uow.write(add(f"b{i}"))
        hang_up(database)
        assert len(await uow.read(names)) == 6 + i


@ONLY_POSTGRES
async def test_a_connection_that_is_lost_in_the_middle_is_not_noticed(uow: Store, database: Database) -> None:
    tries: list[int] = []

    def use(tx: Transaction) -> None:
        add("ann")(tx)
        connection_of(tx)
        tries.append(1)
        if len(tries) == 1:
            hang_up(database)
        add("bob")(tx)

    await uow.write(use)
    assert len(tries) == 2
    assert await uow.read(names) == ["ann", "bob"]


@ONLY_POSTGRES
async def test_a_commit_without_an_answer_is_said_to_be_unknown(uow: Store, database: Database) -> None:
    assert isinstance(uow, PostgresUnitOfWork)
    times: list[int] = []

    def before(said: str) -> None:
        times.extend([1] * (said == "COMMIT"))
        if said == "COMMIT" and len(times) == 1:
            hang_up(database)

    uow._writers.ears.append(before)
    error = await outcome(uow, add("ann"))
    assert isinstance(error, Unavailable)
    assert "not known whether that was kept" in str(error)
    assert await uow.read(names) == [], "here it was not"
    assert await uow.write(add("bob"))


@ONLY_POSTGRES
async def test_lanes_of_transactions_side_by_side(database: Database) -> None:
    first, second = await database.open(clock=HandClock()), await database.open(clock=HandClock())
    lanes = [lane_of(draft(models=(name,))) for name in "abc"]

    def fail(tx: Transaction) -> None:
        tx.lanes.id_of(lanes[0])
        message = "no."
        raise InvalidRequest(message)

    async with HeldOpen(first, lambda tx: tx.lanes.id_of(lanes[1])):
        assert await first.read(lambda tx: tx.lanes.get(1)) is None, "nobody knows it yet, here neither"
    assert isinstance(await outcome(second, fail), InvalidRequest)
    numbers = [await second.write(lambda tx, lane=lane: tx.lanes.id_of(lane)) for lane in lanes]  # type: ignore[misc]
    assert len(set(numbers)) == 3
    for uow in (first, second):
        assert [await uow.read(lambda tx, n=n: tx.lanes.get(n)) for n in numbers] == lanes  # type: ignore[misc]


@ONLY_POSTGRES
async def test_a_snapshot_misses_no_transfer_with_a_lower_number(scene: Scene, database: Database) -> None:
    other = Scene(uow=await database.open(clock=scene.clock), clock=scene.clock)

    def register_someone(tx: Transaction) -> None:
        register(tx, name="slow", kudos_mk=7_000, now_ms=scene.clock.now_ms())

    async def snapshot() -> None:
        await other.do(lambda tx: tx.ledger.snapshot(scene.clock.now_ms()))
        await other.audit()

    async with HeldOpen(scene.uow, register_someone):
        await other.account("quick", kudos=5)
        scene.clock.pass_s(300)
        await snapshot()
    scene.clock.pass_s(3_600)
    await snapshot()
    assert (await other.look(MINT)).kudos_mk == -12_000


@ONLY_POSTGRES
async def test_text_that_it_cannot_hold_is_an_invalid_request(uow: Store) -> None:
    error = await outcome(uow, add("nul \x00 byte"))
    assert isinstance(error, InvalidRequest)
    assert "nul" not in str(error)


@ONLY_POSTGRES
async def test_notices_reach_the_others_and_not_oneself(uow: Store, database: Database, heard: Heard) -> None:
    theirs = Heard()
    other = await database.open(clock=HandClock(), wakeup=theirs)
    hints: dict[str, int] = {"own": 0, "theirs": 0}

    def count(who: str) -> Callable[[], None]:
        def hint() -> None:
            hints[who] += 1

        return hint

    uow.on_events(count("own"))
    other.on_events(count("theirs"))
    scene = Scene(uow=uow, clock=HandClock())
    guest = await scene.guest()
    async with asyncio.timeout(WAIT_S):
        while not theirs.lanes:  # its ears may still be opening
            await scene.ask(guest.id, draft(n=2))
            await asyncio.sleep(0.1)
    await until(lambda: hints["theirs"] > 0)
    asked = len(heard.lanes)
    assert len(theirs.lanes) % 2 == 0, "one for each job"
    own = hints["own"]
    await other.write(happen("theirs"))
    await until(lambda: hints["own"] > own)
    assert len(heard.lanes) == asked, "what one has said oneself is not heard again"


@ONLY_POSTGRES
async def test_the_ears_open_again_after_an_outage(
    database: Database, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    uow = await database.open(clock=HandClock(), wakeup=heard)
    other = Scene(uow=await database.open(clock=HandClock()), clock=HandClock())
    guest = await other.guest()

    async def hear() -> None:
        before = len(heard.lanes)
        async with asyncio.timeout(WAIT_S):
            while len(heard.lanes) == before:
                await other.ask(guest.id)
                await other.cancel((await other.ask(guest.id)).request_id)
                await asyncio.sleep(0.1)

    other.policy = other.policy.__class__(waiting_max=10_000)
    await hear()
    await uow.changed_elsewhere()
    hang_up(database)
    await until(lambda: caplog.text.count("notices.back") == 2)
    assert await uow.changed_elsewhere(), "something may have been missed"
    await hear()
    assert caplog.text.count("notices.lost") == 2, "once for each of the two"


@ONLY_POSTGRES
async def test_a_sum_is_a_whole_number(uow: Store) -> None:
    await uow.write(add("ann"))

    def sums(tx: ReadTransaction) -> tuple[object, object]:
        row = connection_of(tx).execute(sa.text("SELECT sum(id), avg(id) FROM accounts WHERE id >= 0")).one()
        return row[0], row[1]

    total, mean = await uow.read(sums)
    assert (total, mean) == (1, 0.5)
    assert (type(total), type(mean)) == (int, float)


@ONLY_POSTGRES
async def test_events_of_one_request_come_in_the_same_order(uow: Store) -> None:
    for name in ("a", "b", "a"):
        await uow.write(happen(name))
    everything = await happened(uow)
    of_a = await uow.read(lambda tx: tx.events.after(0, limit=10, request_id="a"))  # type: ignore[arg-type]
    assert [event.seq for event in of_a] == [place for place, name in everything if name == "a"]


@ONLY_POSTGRES
async def test_a_statement_that_was_prepared_for_an_older_schema_is_prepared_anew(uow: Store) -> None:
    """Bug: a prepared statement whose columns have changed since would have failed until the process was restarted."""
    await uow.write(lambda tx: connection_of(tx).exec_driver_sql("CREATE TABLE old (one integer)"))
    look = "SELECT * FROM old"
    prepared = Prepared(sa.text(look))

    def through_line(tx: Transaction | ReadTransaction) -> list[tuple[object, ...]]:
        assert isinstance(tx, SqlTransaction)
        return [tuple(row) for row in tx.line.all(prepared, {})]

    def through_connection(tx: Transaction | ReadTransaction) -> list[tuple[object, ...]]:
        return [tuple(row) for row in connection_of(tx).exec_driver_sql(look)]

    for both in (through_line, through_connection):
        await asyncio.gather(*(uow.write(both) for _ in range(3)), *(uow.read(both) for _ in range(3)))
    await uow.write(lambda tx: connection_of(tx).exec_driver_sql("ALTER TABLE old ALTER one TYPE text, ADD two text"))
    await uow.write(lambda tx: connection_of(tx).exec_driver_sql("INSERT INTO old VALUES ('a', 'b')"))
    for both in (through_line, through_connection):
        assert await uow.write(both) == [("a", "b")]
        assert await uow.read(both) == [("a", "b")]


@ONLY_POSTGRES
async def test_a_use_case_that_hides_a_failed_statement_is_not_committed(uow: Store) -> None:
    def hide(tx: Transaction) -> None:
        add("ann")(tx)
        with suppress(sa.exc.DBAPIError):
            connection_of(tx).exec_driver_sql("SELECT 1 / 0")

    assert isinstance(await outcome(uow, hide), Unavailable)
    assert await uow.read(names) == []
