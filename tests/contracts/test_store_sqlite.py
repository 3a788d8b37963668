"""What SQLite alone has: one writer that commits in groups, one file that may be full, held, or no database."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.errors import NotPermitted, Unavailable
from core.ports.store import Transaction
from core.store import SqliteUnitOfWork, connection_of
from core.store.sqlite.unit_of_work import GROUP_MAX
from tests.contracts.store_use import HeldOpen, add, names, outcome
from tests.core.scene import HandClock
from tests.stores import ONLY_SQLITE


@ONLY_SQLITE
async def test_one_failure_in_a_group_harms_no_other(uow: SqliteUnitOfWork) -> None:
    commits = 0

    def count(_: object) -> None:
        nonlocal commits
        commits += 1

    sa.event.listen(uow._engine, "commit", count)

    def broken(tx: Transaction) -> None:
        tx.accounts.add(name="ghost", trusted=False, moderator=False, guest=False, now_ms=0)
        raise NotPermitted("you may not.")

    async with asyncio.TaskGroup() as tasks, HeldOpen(uow):
        good = [tasks.create_task(uow.write(add(f"a{i}"))) for i in range(5)]
        bad = tasks.create_task(outcome(uow, broken))
        more = [tasks.create_task(uow.write(add(f"b{i}"))) for i in range(5)]
        await asyncio.sleep(0)
    assert commits == 2, "one for what blocked, one for the group"
    assert isinstance(bad.result(), NotPermitted)
    assert [task.result() for task in good + more] == list(range(1, 11))
    assert await uow.read(names) == [f"a{i}" for i in range(5)] + [f"b{i}" for i in range(5)]


@ONLY_SQLITE
async def test_a_group_is_bounded(uow: SqliteUnitOfWork) -> None:
    commits: list[int] = []
    sa.event.listen(uow._engine, "commit", lambda _: commits.append(1))
    async with asyncio.TaskGroup() as tasks, HeldOpen(uow):
        for i in range(GROUP_MAX + 6):
            tasks.create_task(uow.write(add(f"a{i}")))
        await asyncio.sleep(0)
    assert len(commits) == 3


@ONLY_SQLITE
async def test_results_are_given_out_only_after_the_commit(uow: SqliteUnitOfWork) -> None:
    seen: list[str] = []
    sa.event.listen(uow._engine, "commit", lambda _: seen.append("commit"))

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
