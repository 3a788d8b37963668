"""What may go wrong underneath: a clock that jumps, files that may not grow, a lock, and death around each COMMIT."""

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.errors import DuplicateSubmission, HordeError, LeaseLost, Unavailable
from core.domain.ids import MINT, TREASURY
from core.domain.requests import RequestState
from core.loops.chores import chores
from core.loops.loops import Loops
from core.store import Store, connection_of
from core.store.tables import metadata
from tests.core.fault_process import LATER_S, Subject, cycle, do
from tests.core.scene import HandClock, Scene, draft
from tests.stores import ONLY_SQLITE, Database

ROOT = Path(__file__).parents[2]
HOUR_S = 3_600
DAY_S = 24 * HOUR_S


# A clock that jumps.


async def test_a_job_is_paid_once_however_the_clock_jumps(scene: Scene) -> None:
    owner, ann = (await scene.account("owner")).account, (await scene.account("ann", kudos=100)).account
    await scene.ask(ann.id)
    offer = scene.offer(owner.id, reports_progress=True)
    job = await scene.pop_one(offer)
    scene.clock.pass_s(-HOUR_S)
    assert not (await scene.report(job.job_id, owner.id)).cancelled
    assert await scene.reclaim() == 0
    scene.clock.pass_s(HOUR_S + 600)
    assert await scene.reclaim() == 1
    scene.clock.pass_s(-2 * HOUR_S)
    again = await scene.pop_one(scene.offer(owner.id, "other"))
    assert again.job_id == job.job_id
    await scene.hand_in(again, owner.id, lease_id=again.lease_id)
    with pytest.raises(HordeError):
        await scene.hand_in(job, owner.id, lease_id=job.lease_id)
    assert (await scene.look(ann.id)).kudos_mk == 100_000 - 6_500
    assert (await scene.audit()).held_mk == 0


async def test_a_lapsed_lease_is_taken_once_though_the_clock_goes_back(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id)
    job = await scene.pop_one(scene.offer(owner.id))
    scene.clock.pass_s(600)
    assert await scene.reclaim() == 1
    scene.clock.pass_s(-DAY_S)
    assert (await scene.hand_in(job, owner.id, lease_id=job.lease_id)).request_finished
    scene.clock.pass_s(2 * DAY_S)
    assert (await scene.pop(scene.offer(owner.id))).jobs == ()
    assert await scene.reclaim() == await scene.expire() == 0
    assert (await scene.status(accepted.request_id)).state is RequestState.DONE
    await scene.audit()


async def test_what_was_asked_while_the_clock_was_wrong_is_served(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    scene.clock.pass_s(DAY_S)
    await scene.ask(guest.id, draft("from tomorrow"))
    scene.clock.pass_s(-DAY_S)
    await scene.ask(guest.id, draft("from today"))
    offer = scene.offer(owner.id)
    taken = [await scene.pop_one(offer) for _ in range(2)]
    assert [job.prompt for job in taken] == ["from today", "from tomorrow"]
    for job in taken:
        await scene.hand_in(job, owner.id)
    assert (await scene.audit()).held_mk == 0


async def test_a_jump_over_a_lifetime_gives_every_hold_back_once(scene: Scene) -> None:
    owner, ann = (await scene.account("owner")).account, (await scene.account("ann", kudos=50)).account
    accepted = await scene.ask(ann.id, draft(n=3))
    job = await scene.pop_one(scene.offer(owner.id))
    scene.clock.pass_s(400 * DAY_S)
    assert await scene.expire() == 1
    scene.clock.pass_s(-400 * DAY_S)
    assert await scene.expire() == 0
    assert not (await scene.pop(scene.offer(owner.id, "other"))).jobs
    await scene.hand_in(job, owner.id)
    after = await scene.look(ann.id)
    assert (after.kudos_mk, after.held_mk) == (50_000 - 6_500, 0)
    assert (await scene.status(accepted.request_id)).state is not RequestState.OPEN
    await scene.audit()


async def test_the_loops_live_through_jumps(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    all_chores = chores(uow=scene.uow, objects=None, policy=scene.policy)
    loops = Loops((), uow=scene.uow, clock=scene.clock)
    for jump_s in (0, 40 * DAY_S, -41 * DAY_S, 3 * HOUR_S, -60, 900 * DAY_S, -900 * DAY_S, 60):
        scene.clock.pass_s(jump_s)
        await cycle(scene, owner.id)
        await scene.ask(guest.id)
        for chore in all_chores:
            await loops.run_once(chore)
            await loops.run_once(chore)
        await scene.audit()
    scene.clock.pass_s(2_000 * DAY_S)
    for chore in all_chores:
        await loops.run_once(chore)
    assert (await scene.audit()).held_mk == 0


async def test_snapshots_hold_though_the_clock_goes_back(scene: Scene) -> None:
    for number, jump_s in enumerate((0, -DAY_S, 2 * DAY_S, -3 * DAY_S)):
        scene.clock.pass_s(jump_s)
        await scene.account(f"person{number}", kudos=10 + number)
        await scene.do(lambda tx: tx.ledger.snapshot(scene.clock.now_ms()))
        minted = await scene.look(MINT)
        journal = await scene.uow.read(lambda tx: tx.ledger.journal_sums())
        assert minted.kudos_mk == journal[MINT]
        assert (await scene.look(TREASURY)).kudos_mk == journal.get(TREASURY, 0)
    await scene.audit()


# Files that may not grow, and a database that somebody holds.


def fault_process(url: str, verb: str, *ids: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tests.core.fault_process", url, verb, *map(str, ids)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@ONLY_SQLITE
@pytest.mark.kill
async def test_files_that_may_not_grow_lose_nothing(
    scene: Scene, uow: Store, database: Database, tmp_path: Path
) -> None:
    account = (await scene.account("ann", kudos=10)).account
    await uow.aclose()
    done = fault_process(database.url, "limit", account.id, (tmp_path / "horde.db").stat().st_size + 200_000)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["cycles"] > 0
    assert "Free some space" in told["refusal"]
    after = Scene(uow=await database.open(clock=HandClock()), clock=HandClock())
    report = await after.audit()
    assert report.transfers == told["transfers"] + 1
    await cycle(after, account.id)


@ONLY_SQLITE
async def test_a_database_that_somebody_holds_loses_nothing(scene: Scene, tmp_path: Path) -> None:
    account = (await scene.account("ann", kudos=10)).account
    await scene.do(lambda tx: connection_of(tx).exec_driver_sql("PRAGMA busy_timeout = 150"))
    offer = scene.offer(account.id)
    with closing(sqlite3.connect(tmp_path / "horde.db", isolation_level=None)) as other:
        for asked in range(3):
            other.execute("BEGIN IMMEDIATE")
            for use in (scene.ask(account.id), scene.pop(offer), scene.reclaim(), scene.expire()):
                with pytest.raises(Unavailable, match="Another program holds the database"):
                    await use
            assert (await scene.look(account.id)).held_mk == 0, "reading goes on"
            other.execute("ROLLBACK")
            await scene.ask(account.id)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable):
                await scene.pop(offer)
            other.execute("ROLLBACK")
            job = await scene.pop_one(offer)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable):
                await scene.hand_in(job, account.id)
            other.execute("ROLLBACK")
            assert (await scene.hand_in(job, account.id)).request_finished
            assert (await scene.audit()).transfers == asked + 2


# Death around each COMMIT.


async def everything(scene: Scene) -> dict[str, Sequence[sa.Row[tuple[object, ...]]]]:
    """Return all rows of all tables."""
    return await scene.uow.read(
        lambda tx: {
            table.name: connection_of(tx).execute(sa.select(table).order_by(*table.primary_key)).all()
            for table in metadata.sorted_tables
        }
    )


async def prepared(scene: Scene, verb: str) -> Subject:
    """Return what the verb is done to: an open request of two jobs, one in work where the verb needs it."""
    account = (await scene.account("ann", kudos=30)).account
    accepted = await scene.ask(account.id, draft(n=2))
    job_id = accepted.job_ids[0]
    if verb not in {"submit", "pop", "transfer"}:
        job_id = (await scene.pop_one(scene.offer(account.id, start_id="first life"))).job_id
    return Subject(account_id=account.id, request_id=accepted.request_id, job_id=job_id)


async def work_off(scene: Scene, subject: Subject) -> None:
    """Do all there is to do, whatever state it is in; afterwards nothing is held."""
    scene.clock.pass_s(300)
    await scene.reclaim()
    offer = scene.offer(subject.account_id, start_id="second life")
    while jobs := (await scene.pop(offer)).jobs:
        await scene.hand_in(jobs[0], subject.account_id)
    assert (await scene.audit()).held_mk == 0


VERBS = ("submit", "pop", "progress", "complete", "fail", "release", "cancel", "reclaim", "expire", "transfer")


@pytest.mark.kill
@pytest.mark.parametrize("verb", VERBS)
async def test_death_before_a_commit_leaves_nothing_and_after_it_everything(
    scene: Scene, database: Database, verb: str
) -> None:
    subject = await prepared(scene, verb)
    before = await everything(scene)
    ids = (subject.account_id, subject.request_id, subject.job_id)
    killed = fault_process(database.url, verb, *ids, HORDE_KILL_AT="pop.before")
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, ""), killed.stderr
    assert await everything(scene) == before
    await scene.audit()
    killed = fault_process(database.url, verb, *ids, HORDE_KILL_AT="pop.after")
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, ""), killed.stderr
    after = await everything(scene)
    assert after != before
    await scene.audit()
    scene.clock.pass_s(LATER_S.get(verb, 0))
    try:
        await do(scene, verb, subject)
    except (DuplicateSubmission, LeaseLost):
        assert verb in {"complete", "fail", "release", "progress"}
    assert len((await everything(scene))["transfers"]) == len(after["transfers"]), "nothing moves twice"
    await work_off(scene, subject)
