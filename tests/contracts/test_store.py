"""The contract of the unit of work: what every store keeps."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.errors import HordeError, NotPermitted, PromptRejected, Unavailable
from core.domain.ids import AccountId
from core.domain.moderation import Verdict
from core.ports.store import ReadTransaction, Transaction, UnitOfWork
from core.store import SqliteUnitOfWork, connection_of
from core.store.sqlite.unit_of_work import GROUP_MAX
from tests.core.scene import HandClock, Scene, draft, fresh_database


class Heard:
    """A wakeup that notes what it hears."""

    def __init__(self) -> None:
        self.lanes: list[int] = []

    def notify(self, lane_ids: Iterable[int]) -> None:
        self.lanes += lane_ids

    async def wait(self, lanes_fit: Callable[[int], bool], *, timeout_s: float) -> bool:
        raise NotImplementedError


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture(params=["sqlite"])
def uow(request: pytest.FixtureRequest, tmp_path: Path, heard: Heard) -> Iterator[SqliteUnitOfWork]:
    assert request.param == "sqlite"
    unit = SqliteUnitOfWork.open(fresh_database(tmp_path), clock=HandClock(), wakeup=heard)
    yield unit
    unit.close()


@pytest.fixture
def scene(uow: SqliteUnitOfWork) -> Scene:
    return Scene(uow=uow, clock=HandClock())


def add(name: str) -> Callable[[Transaction], AccountId]:
    return lambda tx: tx.accounts.add(name=name, trusted=False, moderator=False, guest=False, now_ms=0)


def names(tx: ReadTransaction) -> list[str]:
    return list(connection_of(tx).scalars(sa.text("SELECT name FROM accounts WHERE id > 0 ORDER BY id")))


class Blocked:
    """Keeps the writer busy, so that what is asked for meanwhile makes one group."""

    def __init__(self, uow: SqliteUnitOfWork) -> None:
        self.uow, self.go = uow, threading.Event()

    async def __aenter__(self) -> "Blocked":
        began = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hold(_: Transaction) -> None:
            loop.call_soon_threadsafe(began.set)
            self.go.wait(10)

        self.task = asyncio.get_running_loop().create_task(self.uow.write(hold))
        await began.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.go.set()
        await self.task


async def test_a_clean_return_is_committed_and_an_error_leaves_nothing(uow: SqliteUnitOfWork) -> None:
    assert await uow.write(add("ann")) == 1

    def broken(tx: Transaction) -> None:
        tx.accounts.add(name="ghost", trusted=False, moderator=False, guest=False, now_ms=0)
        message = "no"
        raise ValueError(message)

    with pytest.raises(ValueError, match="no"):
        await uow.write(broken)
    assert await uow.read(names) == ["ann"]


async def test_one_failure_in_a_group_harms_no_other(uow: SqliteUnitOfWork) -> None:
    commits = 0

    def count(_: object) -> None:
        nonlocal commits
        commits += 1

    sa.event.listen(uow._engine, "commit", count)

    def broken(tx: Transaction) -> None:
        tx.accounts.add(name="ghost", trusted=False, moderator=False, guest=False, now_ms=0)
        raise NotPermitted("you may not.")

    async with asyncio.TaskGroup() as tasks, Blocked(uow):
        good = [tasks.create_task(uow.write(add(f"a{i}"))) for i in range(5)]
        bad = tasks.create_task(_outcome(uow, broken))
        more = [tasks.create_task(uow.write(add(f"b{i}"))) for i in range(5)]
        await asyncio.sleep(0)
    assert commits == 2, "one for what blocked, one for the group"
    assert isinstance(bad.result(), NotPermitted)
    assert [task.result() for task in good + more] == list(range(1, 11))
    assert await uow.read(names) == [f"a{i}" for i in range(5)] + [f"b{i}" for i in range(5)]


async def _outcome(uow: UnitOfWork, use_case: Callable[[Transaction], object]) -> HordeError | None:
    try:
        await uow.write(use_case)
    except HordeError as exc:
        return exc
    return None


async def test_a_group_is_bounded(uow: SqliteUnitOfWork) -> None:
    commits: list[int] = []
    sa.event.listen(uow._engine, "commit", lambda _: commits.append(1))
    async with asyncio.TaskGroup() as tasks, Blocked(uow):
        for i in range(GROUP_MAX + 6):
            tasks.create_task(uow.write(add(f"a{i}")))
        await asyncio.sleep(0)
    assert len(commits) == 3


async def test_results_are_given_out_only_after_the_commit(uow: SqliteUnitOfWork) -> None:
    seen: list[str] = []
    sa.event.listen(uow._engine, "commit", lambda _: seen.append("commit"))

    async def one(name: str) -> None:
        await uow.write(add(name))
        seen.append("result")

    async with asyncio.TaskGroup() as tasks, Blocked(uow):
        for i in range(3):
            tasks.create_task(one(f"a{i}"))
        await asyncio.sleep(0)
    assert seen == ["commit", "commit", "result", "result", "result"]


async def test_hints_run_after_the_commit_and_not_for_a_failure(uow: SqliteUnitOfWork) -> None:
    seen: list[str] = []
    sa.event.listen(uow._engine, "commit", lambda _: seen.append("commit"))
    await uow.write(lambda tx: tx.after_commit(lambda: seen.append("hint")))

    def broken(tx: Transaction) -> None:
        tx.after_commit(lambda: seen.append("never"))
        raise NotPermitted("you may not.")

    assert isinstance(await _outcome(uow, broken), NotPermitted)
    assert seen == ["commit", "hint"]


async def test_a_hint_that_fails_harms_nobody(uow: SqliteUnitOfWork, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        message = "nobody there"
        raise OSError(message)

    await uow.write(lambda tx: tx.after_commit(broken))
    assert await uow.write(add("ann")) == 1
    assert "store.hint_failed error=nobody there" in caplog.text


async def test_a_database_that_another_program_holds_is_said_and_survived(
    uow: SqliteUnitOfWork, tmp_path: Path
) -> None:
    await uow.write(lambda tx: connection_of(tx).exec_driver_sql("PRAGMA busy_timeout = 20"))
    other = sqlite3.connect(tmp_path / "horde.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="Another program holds the database"):
        await uow.write(add("now"))
    assert await uow.read(names) == [], "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    assert await uow.write(add("then")) == 1


async def test_new_waiting_jobs_are_announced_one_by_one(scene: Scene, heard: Heard) -> None:
    guest = await scene.guest()
    await scene.ask(guest.id, draft(n=3))
    assert heard.lanes == [1, 1, 1]
    job = await scene.pop_one(scene.offer(guest.id))
    await scene.release(job, guest.id)
    assert heard.lanes == [1, 1, 1, 1]


async def test_a_lane_of_a_transaction_that_failed_is_forgotten(scene: Scene) -> None:
    guest = await scene.guest()

    def broken(tx: Transaction) -> None:
        from core.domain.queue.lanes import lane_of

        tx.lanes.id_of(lane_of(draft(models=("gone",))))
        raise NotPermitted("you may not.")

    assert isinstance(await _outcome(scene.uow, broken), NotPermitted)
    await scene.ask(guest.id)
    assert (await scene.pop_one(scene.offer(guest.id))).model == "tiny"


async def test_a_refusal_keeps_what_it_wrote(uow: SqliteUnitOfWork) -> None:
    def refuse(tx: Transaction) -> None:
        tx.verdicts.incident(Verdict(allowed=False, rule="r", group="g"), account_id=AccountId(0), source="", now_ms=5)
        raise PromptRejected("refused.", rule="r")

    assert isinstance(await _outcome(uow, refuse), PromptRejected)
    assert await uow.write(lambda tx: tx.verdicts.incidents_of(AccountId(0))) == [("r", 5)]


async def test_a_reader_cannot_write_and_sees_one_moment(uow: SqliteUnitOfWork) -> None:
    def write(tx: ReadTransaction) -> None:
        connection_of(tx).exec_driver_sql("INSERT INTO event_cursors (name, seq, moved_at_ms) VALUES ('x', 1, 1)")

    with pytest.raises(Unavailable, match="readonly"):
        await uow.read(write)
    loop = asyncio.get_running_loop()

    def twice(tx: ReadTransaction) -> list[list[str]]:
        first = names(tx)
        asyncio.run_coroutine_threadsafe(uow.write(add("later")), loop).result(5)
        return [first, names(tx)]

    assert await uow.read(twice) == [[], []]
    assert await uow.read(names) == ["later"]


async def test_a_caller_that_goes_before_its_turn_is_not_served(uow: SqliteUnitOfWork) -> None:
    async with Blocked(uow):
        task = asyncio.get_running_loop().create_task(uow.write(add("gone")))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await uow.read(names) == []


async def test_a_full_disk_is_said_and_survived(uow: SqliteUnitOfWork) -> None:
    await uow.write(add("before"))
    pages = await uow.write(lambda tx: connection_of(tx).scalar(sa.text("PRAGMA page_count")))
    await uow.write(lambda tx: connection_of(tx).exec_driver_sql(f"PRAGMA max_page_count = {pages}"))
    errors = []
    for i in range(40):
        error = await _outcome(uow, add(f"{i}" + "x" * 4_000))
        if error is not None:
            errors.append(error)
    assert errors
    assert all(isinstance(error, Unavailable) for error in errors)
    assert "Free some space" in str(errors[0])
    await uow.write(lambda tx: connection_of(tx).exec_driver_sql("PRAGMA max_page_count = 1000000"))
    await uow.write(add("after"))
    kept = await uow.read(names)
    assert (kept[0], kept[-1]) == ("before", "after")


def test_opening_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"no database at .*Run `horde db upgrade`"):
        SqliteUnitOfWork.open(tmp_path / "none.db", clock=HandClock())
    empty = tmp_path / "empty.db"
    empty.touch()
    with pytest.raises(Unavailable, match="not at this program's schema"):
        SqliteUnitOfWork.open(empty, clock=HandClock())
    other = tmp_path / "other.db"
    other.write_text("this is no database at all, but it is long enough to be looked at" * 20)
    with pytest.raises(Unavailable, match="not a database"):
        SqliteUnitOfWork.open(other, clock=HandClock())


async def test_closing_twice_is_fine_and_using_it_then_is_not(tmp_path: Path) -> None:
    unit = SqliteUnitOfWork.open(fresh_database(tmp_path), clock=HandClock())
    unit.close()
    unit.close()
    with pytest.raises(Unavailable, match="closed"):
        await unit.read(names)
    with pytest.raises(Unavailable, match="closed"):
        await unit.write(add("x"))


async def test_200_pops_at_once_over_200_jobs_get_200(scene: Scene) -> None:
    scene.policy = scene.policy.__class__(waiting_max=1_000)
    owners = [(await scene.account(f"owner {i}", trusted=True)).account for i in range(10)]
    guest = await scene.guest()
    for _ in range(10):
        await scene.ask(guest.id, draft(n=20))
    offers = [scene.offer(owners[i % 10].id, f"w{i}") for i in range(200)]
    popped = await asyncio.gather(*(scene.pop(offer) for offer in offers))
    assert len({job.job_id for one in popped for job in one.jobs}) == 200
    assert not (await scene.pop(offers[0])).jobs
    await scene.audit()
