"""The contract of the unit of work: what every store keeps."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from core.domain.errors import Conflict, HordeError, NotPermitted, PromptRejected, Unavailable
from core.domain.ids import AccountId
from core.domain.moderation import Verdict
from core.domain.policy import QueuePolicy
from core.domain.queue.lanes import Lane, lane_of
from core.domain.workers.policy import WorkerPolicy
from core.ports.store import ReadTransaction, Transaction
from core.store import Store, connection_of
from tests.contracts.conftest import Heard
from tests.contracts.store_use import HeldOpen, add, happen, happened, names, outcome, stand
from tests.core.scene import HandClock, Scene, draft
from tests.core.spoken import hear_commits
from tests.stores import Database, StoreKind


async def test_a_clean_return_is_committed_and_an_error_leaves_nothing(uow: Store) -> None:
    assert await uow.write(add("ann")) == 1

    def broken(tx: Transaction) -> None:
        tx.accounts.add(name="ghost", trusted=False, moderator=False, guest=False, now_ms=0)
        message = "no"
        raise ValueError(message)

    with pytest.raises(ValueError, match="no"):
        await uow.write(broken)
    assert await uow.read(names) == ["ann"]


async def test_one_failure_among_many_harms_no_other(uow: Store) -> None:
    def broken(tx: Transaction) -> None:
        tx.accounts.add(name="ghost", trusted=False, moderator=False, guest=False, now_ms=0)
        raise NotPermitted("you may not.")

    async with asyncio.TaskGroup() as tasks:
        good = [tasks.create_task(uow.write(add(f"a{i}"))) for i in range(20)]
        bad = tasks.create_task(outcome(uow, broken))
        more = [tasks.create_task(uow.write(add(f"b{i}"))) for i in range(20)]
    assert isinstance(bad.result(), NotPermitted)
    assert len({task.result() for task in good + more}) == 40
    assert sorted(await uow.read(names)) == sorted([f"a{i}" for i in range(20)] + [f"b{i}" for i in range(20)])


async def test_a_result_is_given_out_only_after_the_commit(uow: Store, database: Database) -> None:
    seen: list[str] = []
    other = await database.open(clock=HandClock())
    hear_commits(uow, lambda: seen.append("commit"))
    await uow.write(add("ann"))
    seen.append("result")
    assert seen == ["commit", "result"]
    assert await other.read(names) == ["ann"]


async def test_hints_run_after_the_commit_and_not_for_a_failure(uow: Store) -> None:
    seen: list[str] = []
    hear_commits(uow, lambda: seen.append("commit"))

    def fine(tx: Transaction) -> None:
        add("ann")(tx)
        tx.after_commit(lambda: seen.append("hint"))

    def broken(tx: Transaction) -> None:
        tx.after_commit(lambda: seen.append("never"))
        raise NotPermitted("you may not.")

    await uow.write(fine)
    assert isinstance(await outcome(uow, broken), NotPermitted)
    assert seen == ["commit", "hint"]


async def test_a_hint_that_fails_harms_nobody(uow: Store, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        message = "nobody there"
        raise OSError(message)

    await uow.write(lambda tx: tx.after_commit(broken))
    assert await uow.write(add("ann")) == 1
    assert "store.hint_failed error=nobody there" in caplog.text


async def test_new_waiting_jobs_are_announced_one_by_one(scene: Scene, heard: Heard) -> None:
    guest = await scene.guest()
    await scene.ask(guest.id, draft(n=3))
    assert heard.lanes == [1, 1, 1]
    job = await scene.pop_one(scene.offer(guest.id))
    await scene.release(job, guest.id)
    assert heard.lanes == [1, 1, 1, 1]


async def test_events_are_hinted_at_after_their_commit(uow: Store) -> None:
    hinted = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hint() -> None:
        loop.call_soon_threadsafe(hinted.set)

    uow.on_events(hint)
    await uow.write(add("ann"))
    await asyncio.sleep(0)
    assert not hinted.is_set()
    await uow.write(happen("one"))
    async with asyncio.timeout(10):
        await hinted.wait()


async def test_a_lane_of_a_transaction_that_failed_is_forgotten(scene: Scene) -> None:
    guest = await scene.guest()

    def broken(tx: Transaction) -> None:
        tx.lanes.id_of(lane_of(draft(models=("gone",))))
        tx.lanes.id_of(lane_of(draft(models=("gone too",))))
        raise NotPermitted("you may not.")

    assert isinstance(await outcome(scene.uow, broken), NotPermitted)
    await scene.ask(guest.id)
    assert (await scene.pop_one(scene.offer(guest.id))).model == "tiny"


async def test_a_lane_is_made_once_however_many_need_it(uow: Store, database: Database) -> None:
    others = [uow, await database.open(clock=HandClock()), await database.open(clock=HandClock())]
    wanted = [lane_of(draft(models=(f"m{i % 4}",))) for i in range(24)]

    def number(lane: Lane) -> Callable[[Transaction], int]:
        return lambda tx: tx.lanes.id_of(lane)

    numbers = await asyncio.gather(*(others[i % 3].write(number(lane)) for i, lane in enumerate(wanted)))
    assert len(set(numbers)) == 4
    for other in others:
        known = await other.read(lambda tx: [tx.lanes.get(number) for number in numbers])
        assert known == wanted


async def test_a_refusal_keeps_what_it_wrote(uow: Store) -> None:
    def refuse(tx: Transaction) -> None:
        tx.verdicts.incident(Verdict(allowed=False, rule="r", group="g"), account_id=AccountId(0), source="", now_ms=5)
        raise PromptRejected("refused.", rule="r")

    assert isinstance(await outcome(uow, refuse), PromptRejected)
    assert await uow.write(lambda tx: tx.verdicts.incidents_of(AccountId(0))) == [("r", 5)]


async def test_a_reader_cannot_write(uow: Store) -> None:
    def write(tx: ReadTransaction) -> None:
        connection_of(tx).exec_driver_sql("INSERT INTO event_cursors (name, seq, moved_at_ms) VALUES ('x', 1, 1)")

    with pytest.raises(Unavailable, match=r"read-?only"):
        await uow.read(write)


async def test_a_reader_sees_one_moment(uow: Store) -> None:
    began, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def twice(tx: ReadTransaction) -> list[list[str]]:
        first = names(tx)
        loop.call_soon_threadsafe(began.set)
        stand(tx, go)
        return [first, names(tx)]

    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(uow.read(twice))
        await began.wait()
        await uow.write(add("later"))
        go.set()
    assert reading.result() == [[], []]
    assert await uow.read(names) == ["later"]


async def test_a_row_that_contradicts_another_is_a_conflict(uow: Store) -> None:
    def twice(tx: Transaction) -> None:
        for _ in range(2):
            connection_of(tx).exec_driver_sql("INSERT INTO event_cursors (name, seq, moved_at_ms) VALUES ('x', 1, 1)")

    assert isinstance(await outcome(uow, twice), Conflict)
    assert await uow.read(lambda tx: tx.events.cursor("x")) == 0


async def test_an_event_of_a_transaction_that_was_open_longer_is_not_lost(database: Database) -> None:
    first, second = await database.open(clock=HandClock()), await database.open(clock=HandClock())
    await first.write(happen("zero"))
    seen = await happened(second)
    async with HeldOpen(first, happen("one")):
        later = asyncio.get_running_loop().create_task(second.write(happen("two")))
        if database.kind is StoreKind.POSTGRES:
            await later  # it overtakes the first, but is not shown before it
        else:
            await asyncio.sleep(0.05)
            assert not later.done(), "SQLite has one writer"
        assert await happened(second, cursor=seen[-1][0]) == []
        last = await second.read(lambda tx: tx.events.last_seq())
        assert last == seen[-1][0], "who begins to read now begins before both"
    await later
    seen += await happened(second, cursor=seen[-1][0])
    assert [name for _, name in seen] == ["zero", "one", "two"]
    assert [place for place, _ in seen] == sorted(place for place, _ in seen)


async def test_a_cursor_is_given_to_one_transaction_at_a_time(database: Database) -> None:
    stores = [await database.open(clock=HandClock()) for _ in range(3)]
    for i in range(30):
        await stores[0].write(happen(f"e{i}"))

    def take(tx: Transaction) -> int:
        events = tx.events.after(tx.events.take_cursor("reader"), limit=4)
        if events:
            tx.events.move_cursor("reader", events[-1].seq)
        return len(events)

    taken = await asyncio.gather(*(stores[i % 3].write(take) for i in range(12)))
    assert sum(taken) == 30


async def test_another_process_that_wrote_events_is_noticed(uow: Store, database: Database) -> None:
    other = await database.open(clock=HandClock())
    await uow.write(happen("own"))
    await uow.changed_elsewhere()
    await uow.write(happen("own"))
    assert not await uow.changed_elsewhere(), "what was written here is known here"
    await other.write(happen("theirs"))
    assert await uow.changed_elsewhere()
    assert not await uow.changed_elsewhere()


async def test_closing_twice_is_fine_and_using_it_then_is_not(uow: Store) -> None:
    await uow.aclose()
    await uow.aclose()
    with pytest.raises(Unavailable, match="closed"):
        await uow.read(names)
    with pytest.raises(Unavailable, match="closed"):
        await uow.write(add("x"))


async def test_200_pops_at_once_over_200_jobs_get_200(scene: Scene, database: Database) -> None:
    policy = QueuePolicy(waiting_max=1_000, workers=WorkerPolicy(per_owner=200))
    scene.policy = policy
    owner = (await scene.account("owner")).account
    guest = await scene.guest()
    for _ in range(10):
        await scene.ask(guest.id, draft(n=20))
    stores = [await database.open(clock=scene.clock) for _ in range(3)]
    processes = [scene, *(Scene(uow=one, clock=scene.clock, policy=policy) for one in stores)]
    offers = [scene.offer(owner.id, f"w{i}") for i in range(200)]
    popped = await asyncio.gather(*(processes[i % 4].pop(offer) for i, offer in enumerate(offers)))
    assert len({job.job_id for one in popped for job in one.jobs}) == 200
    assert not (await scene.pop(offers[0])).jobs
    await scene.audit()


@pytest.mark.parametrize("brief", [False, True])
async def test_a_loose_look_reads_and_cannot_write(uow: Store, brief: bool) -> None:
    number = await uow.write(add("ann"))
    account = await uow.read(lambda tx: tx.accounts.get(number), brief=brief, loose=True)
    assert account is not None
    assert account.name == "ann"
    assert await uow.read(lambda tx: [names(tx), names(tx)], brief=brief, loose=True) == [["ann"], ["ann"]]
    stray = "UPDATE accounts SET trusted = NOT trusted"
    with pytest.raises(HordeError):
        await uow.read(lambda tx: connection_of(tx).exec_driver_sql(stray), brief=brief, loose=True)
    assert await uow.read(lambda tx: tx.accounts.get(number)) == account
