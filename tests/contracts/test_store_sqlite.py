"""What SQLite alone has: one writer that commits in groups, one file that may be full, held, or no database."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.errors import NotPermitted, Unavailable
from core.ports.store import Transaction
from core.store import SqliteUnitOfWork, connection_of
from core.store.sqlite.writer import GROUP_MAX
from tests.contracts.store_use import HeldOpen, add, names, outcome
from tests.core.scene import HandClock
from tests.core.spoken import hear_commits
from tests.stores import ONLY_SQLITE


@ONLY_SQLITE
async def test_one_failure_in_a_group_harms_no_other(uow: SqliteUnitOfWork) -> None:
    commits: list[int] = []
    hear_commits(uow, lambda: commits.append(1))

    def broken(tx: Transaction) -> None:
        tx.accounts.add(name="ghost", trusted=False, moderator=False, guest=False, now_ms=0)
        raise NotPermitted("you may not.")

    async with asyncio.TaskGroup() as tasks, HeldOpen(uow):
        good = [tasks.create_task(uow.write(add(f"a{i}"))) for i in range(5)]
        bad = tasks.create_task(outcome(uow, broken))
        more = [tasks.create_task(uow.write(add(f"b{i}"))) for i in range(5)]
        await asyncio.sleep(0)
    assert len(commits) == 2, "one for what blocked, one for the group"
    assert isinstance(bad.result(), NotPermitted)
    assert [task.result() for task in good + more] == list(range(1, 11))
    assert await uow.read(names) == [f"a{i}" for i in range(5)] + [f"b{i}" for i in range(5)]


@ONLY_SQLITE
@pytest.mark.parametrize("writes_first", [False, True])
async def test_one_failure_in_a_brief_group_harms_no_other(uow: SqliteUnitOfWork, writes_first: bool) -> None:
    ran: list[str] = []

    def broken(tx: Transaction) -> None:
        ran.append("broken")
        if writes_first:
            tx.accounts.add(name="ghost", trusted=False, moderator=False, guest=False, now_ms=0)
        raise NotPermitted("you may not.")

    async def fails() -> BaseException | None:
        try:
            await uow.write(broken, brief=True)
        except NotPermitted as exc:
            return exc
        return None

    async with asyncio.TaskGroup() as tasks:
        good = [tasks.create_task(uow.write(add(f"a{i}"), brief=True)) for i in range(3)]
        bad = tasks.create_task(fails())
        more = [tasks.create_task(uow.write(add(f"b{i}"), brief=True)) for i in range(3)]
    assert isinstance(bad.result(), NotPermitted)
    assert len(ran) == 1 + writes_first, "only where rows must go again it runs again, in a savepoint"
    assert [task.result() for task in good + more] == list(range(1, 7))
    assert await uow.read(names) == ["a0", "a1", "a2", "b0", "b1", "b2"]
    assert uow._memory.lanes.highest == 0


@ONLY_SQLITE
async def test_a_group_is_bounded(uow: SqliteUnitOfWork) -> None:
    commits: list[int] = []
    hear_commits(uow, lambda: commits.append(1))
    async with asyncio.TaskGroup() as tasks, HeldOpen(uow):
        for i in range(GROUP_MAX + 6):
            tasks.create_task(uow.write(add(f"a{i}")))
        await asyncio.sleep(0)
    assert len(commits) == 3


@ONLY_SQLITE
async def test_results_are_given_out_only_after_the_commit(uow: SqliteUnitOfWork) -> None:
    seen: list[str] = []
    hear_commits(uow, lambda: seen.append("commit"))

    async def one(name: str) -> None:
        await uow.write(add(name))
        seen.append("result")

    async with asyncio.TaskGroup() as tasks, HeldOpen(uow):
        for i in range(3):
            tasks.create_task(one(f"a{i}"))
        await asyncio.sleep(0)
    assert seen == ["commit", "commit", "result", "result", "result"]


@ONLY_SQLITE
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


@ONLY_SQLITE
async def test_a_caller_that_goes_before_its_turn_is_not_served(uow: SqliteUnitOfWork) -> None:
    async with HeldOpen(uow):
        task = asyncio.get_running_loop().create_task(uow.write(add("gone")))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await uow.read(names) == []


@ONLY_SQLITE
async def test_a_full_disk_is_said_and_survived(uow: SqliteUnitOfWork) -> None:
    await uow.write(add("before"))
    pages = await uow.write(lambda tx: connection_of(tx).scalar(sa.text("PRAGMA page_count")))
    await uow.write(lambda tx: connection_of(tx).exec_driver_sql(f"PRAGMA max_page_count = {pages}"))
    errors = []
    for i in range(40):
        error = await outcome(uow, add(f"{i}" + "x" * 4_000))
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


async def _ran_in(uow: SqliteUnitOfWork, *, brief: bool) -> int:
    return await uow.write(lambda _: threading.get_ident(), brief=brief)


@ONLY_SQLITE
async def test_brief_use_cases_run_on_their_loop_and_others_on_the_thread(uow: SqliteUnitOfWork) -> None:
    here = threading.get_ident()
    assert await _ran_in(uow, brief=True) == here
    assert await _ran_in(uow, brief=False) != here
    assert await uow.read(lambda _: threading.get_ident(), brief=True) == here
    assert await uow.read(lambda _: threading.get_ident()) != here


@ONLY_SQLITE
async def test_brief_results_are_given_out_only_after_the_commit(uow: SqliteUnitOfWork) -> None:
    seen: list[str] = []
    hear_commits(uow, lambda: seen.append("commit"))

    async def one(name: str) -> None:
        await uow.write(add(name), brief=True)
        seen.append("result")

    async with asyncio.TaskGroup() as tasks:
        for i in range(3):
            tasks.create_task(one(f"a{i}"))
    assert seen == ["commit", "result", "result", "result"]


@ONLY_SQLITE
async def test_brief_and_long_use_cases_of_many_callers_are_all_done_in_turn(uow: SqliteUnitOfWork) -> None:
    async def one(number: int) -> None:
        for turn in range(5):
            await uow.write(add(f"{number}.{turn}"), brief=(number + turn) % 3 > 0)

    async with asyncio.TaskGroup() as tasks:
        for number in range(20):
            tasks.create_task(one(number))
    found = await uow.read(names)
    assert len(found) == 100
    for number in range(20):
        own = [name for name in found if name.startswith(f"{number}.")]
        assert own == [f"{number}.{turn}" for turn in range(5)]


@ONLY_SQLITE
async def test_the_loop_goes_on_while_another_program_writes(uow: SqliteUnitOfWork, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "horde.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with asyncio.TaskGroup() as tasks:
        waits = tasks.create_task(uow.write(add("then"), brief=True))
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert not waits.done()
        assert await uow.read(names, brief=True) == [], "reading goes on"
        other.execute("ROLLBACK")
        other.close()
    assert waits.result() == 1
    assert await _ran_in(uow, brief=True) == threading.get_ident(), "and the next one is brief again"


@ONLY_SQLITE
async def test_what_was_asked_for_is_done_before_the_close(uow: SqliteUnitOfWork, tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as tasks:
        for i in range(GROUP_MAX * 2):
            tasks.create_task(uow.write(add(f"zz{i}"), brief=i % 50 > 0))
        await asyncio.sleep(0)
        await uow.aclose()
    with sqlite3.connect(tmp_path / "horde.db") as other:
        found = other.execute("SELECT count(*) FROM accounts WHERE name LIKE 'zz%'").fetchone()
    other.close()
    assert found == (GROUP_MAX * 2,)


@ONLY_SQLITE
def test_a_write_whose_loop_has_ended_holds_up_nobody(tmp_path: Path, uow: SqliteUnitOfWork) -> None:
    async def leaves() -> None:
        asyncio.get_running_loop().create_task(uow.write(add("left"), brief=True))
        await asyncio.sleep(0)

    asyncio.run(leaves())
    assert asyncio.run(uow.write(add("next"), brief=True)) in {1, 2}
    uow.close()
    assert not uow._writer._thread.is_alive()
