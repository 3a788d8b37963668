"""Pruning: what ended long ago goes, nobody misses it, and the audit stays right and sharp."""

import signal

import pytest
import sqlalchemy as sa

from core.domain.errors import NotFound
from core.domain.ids import MINT, RequestId
from core.domain.jobs import JobState
from core.domain.kudos.ledger import Transfer, TransferReason
from core.domain.moderation import Verdict
from core.loops.chore import Chore
from core.loops.chores import chores
from core.loops.loops import Loops
from core.ports.store import Transaction
from core.services.events.prune import prune_requests
from core.services.kudos.audit import audit
from core.services.statistics.roll_up import READER, roll_up
from core.store import Store, connection_of
from core.store.rows.record import pruning, statistics
from tests.core.scene import Scene, draft
from tests.core.test_faults import fault_process
from tests.core.test_plans import explain
from tests.stores import ONLY_SQLITE, Database

DAY_S = 24 * 3_600
TABLES = ("requests", "jobs", "leases", "results", "verdicts", "holds")


async def rows(scene: Scene) -> dict[str, int]:
    """How many rows each of the tables has that pruning goes over, and the journal."""

    def query(tx: Transaction) -> dict[str, int]:
        select = "SELECT count(*) FROM {}"
        return {
            table: int(connection_of(tx).exec_driver_sql(select.format(table)).scalar_one())
            for table in (*TABLES, "transfers", "events")
        }

    return await scene.do(query)


async def run(scene: Scene, name: str) -> int | None:
    chore: Chore = next(one for one in chores(uow=scene.uow, objects=None, policy=scene.policy) if one.name == name)
    return await Loops((), uow=scene.uow, clock=scene.clock).run_once(chore)


async def one_of_each_end(scene: Scene) -> list[RequestId]:
    """Requests that were made, given up by workers, cancelled, expired; the made one had a lease that lapsed."""
    maker, asker = await scene.account("maker"), await scene.account("asker", kudos=1_000)
    offer, ended = scene.offer(maker.account.id), []
    made = await scene.ask(asker.account.id, draft(n=2))
    await scene.pop_one(offer)
    scene.clock.pass_s(200)
    await scene.reclaim()
    for _ in range(2):
        await scene.hand_in(await scene.pop_one(offer), maker.account.id)
    ended.append(made.request_id)
    given_up = await scene.ask(asker.account.id)
    for _ in range(scene.policy.tries_max):
        await scene.fail(await scene.pop_one(offer), maker.account.id)
    ended.append(given_up.request_id)
    dropped = await scene.ask(asker.account.id)
    await scene.cancel(dropped.request_id)
    ended.append(dropped.request_id)
    late = await scene.ask(asker.account.id)
    scene.clock.pass_s(scene.policy.request_lifetime_s + 1)
    await scene.expire()
    ended.append(late.request_id)
    return ended


async def long_after(scene: Scene, *, days: int = 31) -> None:
    """Time has passed, the statistics have counted, and old events are gone."""
    while await scene.do(roll_up):
        pass
    scene.clock.pass_s(days * DAY_S)
    await run(scene, "prune_events")


async def test_what_ended_long_ago_is_forgotten_and_the_journal_stays(scene: Scene) -> None:
    ended = await one_of_each_end(scene)
    before = await rows(scene)
    assert before["requests"] == 4
    assert before["jobs"] == 5
    assert before["leases"] == 6
    await long_after(scene)
    young = await scene.ask((await scene.account("other")).account.id)
    assert await run(scene, "prune_requests") == 4
    after = await rows(scene)
    assert {table: after[table] for table in TABLES} == {
        "requests": 1,
        "jobs": 1,
        "leases": 0,
        "results": 0,
        "verdicts": 1,
        "holds": 1,
    }, "only the young one's"
    assert after["transfers"] == before["transfers"]
    for request_id in ended:
        with pytest.raises(NotFound, match="too old"):
            await scene.status(request_id)
    assert (await scene.status(young.request_id)).waiting == 1
    await scene.audit()
    assert await run(scene, "prune_requests") is None


async def test_what_is_not_old_or_not_over_stays(scene: Scene) -> None:
    await one_of_each_end(scene)
    await long_after(scene, days=29)
    before = await rows(scene)
    assert await run(scene, "prune_requests") is None
    assert await rows(scene) == before
    scene.clock.pass_s(DAY_S)
    assert await scene.do(lambda tx: prune_requests(tx, policy=scene.policy, now_ms=scene.clock.now_ms())) == 3, (
        "the one that expired ended later than the others"
    )


async def test_it_goes_in_small_rounds_oldest_first(scene: Scene) -> None:
    asker = await scene.account("asker")
    ids = []
    for _ in range(5):
        ids.append((await scene.ask(asker.account.id)).request_id)
        await scene.cancel(ids[-1])
        scene.clock.pass_s(1)
    await long_after(scene)
    now_ms = scene.clock.now_ms()
    assert await scene.do(lambda tx: prune_requests(tx, policy=scene.policy, now_ms=now_ms, limit=2)) == 2
    left = [i for i in ids if await scene.uow.read(lambda tx, i=i: tx.requests.get(i))]  # type: ignore[misc]
    assert left == ids[2:]


@pytest.mark.kill
async def test_a_kill_around_the_commit_leaves_all_or_nothing(scene: Scene, database: Database) -> None:
    await one_of_each_end(scene)
    await long_after(scene)
    before = await rows(scene)
    for edge, left in (("before", 4), ("after", 0)):
        killed = fault_process(database.url, "prune", 0, "r", "j", HORDE_KILL_AT=f"pop.{edge}")
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        after = await rows(scene)
        assert after == (before if left else before | dict.fromkeys(TABLES, 0))
        await scene.audit()


async def test_a_request_stays_while_a_reader_may_need_it(scene: Scene) -> None:
    await scene.do(lambda tx: tx.events.move_cursor("bots.desk", 0))
    await one_of_each_end(scene)
    await long_after(scene, days=40)
    before = await rows(scene)
    assert before["events"] > 0, "the bots have not read them"
    assert await run(scene, "prune_requests") is None
    last = await scene.uow.read(lambda tx: tx.events.last_seq())
    await scene.do(lambda tx: tx.events.move_cursor("bots.desk", last))
    scene.clock.pass_s(60)
    assert await run(scene, "prune_events") == before["events"]
    assert await run(scene, "prune_requests") == 4
    await scene.audit()


async def test_the_audit_still_sees_what_is_wrong(scene: Scene) -> None:
    ended = await one_of_each_end(scene)
    job_id = (await scene.uow.read(lambda tx: tx.jobs.of_request(ended[0])))[0].id
    await long_after(scene)
    assert await run(scene, "prune_requests") == 4
    report = await scene.audit()
    assert report.transfers > 0
    horizon_ms = await scene.uow.read(lambda tx: tx.pruning.horizon())
    asker = await scene.account("ghost")

    async def pay(ref: str, transfer_id: str, at_ms: int) -> tuple[str, ...]:
        transfer = Transfer(
            transfer_id=transfer_id,
            from_id=MINT,
            to_id=asker.account.id,
            amount_mk=1,
            reason=TransferReason.JOB,
            ref=ref,
            made_at_ms=at_ms,
        )
        await scene.do(lambda tx: tx.ledger.add_transfer(transfer))
        return (await scene.uow.read(audit)).differences

    assert await pay("an old job", "job:an old job", horizon_ms) == (), "as old as what was forgotten"
    assert await pay("no job", "job:no job", horizon_ms + 1) == ("Job no job is gone and was paid 1 times.",)
    twice = await pay(job_id, "job:again", horizon_ms)
    assert f"Job {job_id} is gone and was paid 2 times." in twice


async def test_a_hold_that_is_not_settled_keeps_its_request(scene: Scene) -> None:
    asker = await scene.account("asker", kudos=100)
    accepted = await scene.ask(asker.account.id)
    await scene.cancel(accepted.request_id)
    await long_after(scene)
    await scene.do(lambda tx: connection_of(tx).exec_driver_sql("UPDATE holds SET state = 'pending', returned_mk = 0"))
    assert await run(scene, "prune_requests") is None
    differences = (await scene.uow.read(audit)).differences
    assert any(accepted.request_id in one for one in differences), "the error stays to be seen"


async def test_an_idempotency_key_is_free_again(scene: Scene) -> None:
    asker = await scene.account("asker")
    first = await scene.ask(asker.account.id, key="k")
    await scene.cancel(first.request_id)
    await long_after(scene)
    assert (await scene.ask(asker.account.id, key="k")).duplicate
    await run(scene, "prune_requests")
    again = await scene.ask(asker.account.id, key="k")
    assert not again.duplicate
    assert again.request_id != first.request_id
    jobs = await scene.uow.read(lambda tx: tx.jobs.of_request(again.request_id))
    assert [job.state for job in jobs] == [JobState.WAITING]


async def test_old_incidents_go(scene: Scene) -> None:
    who = (await scene.account("who")).account.id
    verdict = Verdict(allowed=False, rule="r1", group="g", explanation="no.")
    for _ in range(2):
        now_ms = scene.clock.now_ms()
        await scene.do(
            lambda tx, now_ms=now_ms: tx.verdicts.incident(verdict, account_id=who, source="s", now_ms=now_ms)  # type: ignore[misc]
        )
        scene.clock.pass_s(200 * DAY_S)
    assert await run(scene, "prune_incidents") == 1
    assert len(await scene.do(lambda tx: tx.verdicts.incidents_of(who))) == 1
    scene.clock.pass_s(600)
    assert await run(scene, "prune_incidents") == 0


async def test_a_reader_that_is_gone_is_given_up(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    await scene.do(lambda tx: tx.events.move_cursor("gone", 1))
    await one_of_each_end(scene)
    await scene.do(lambda tx: tx.events.move_cursor("idle", tx.events.last_seq()))
    await long_after(scene, days=59)
    assert await run(scene, "prune_readers") == 0
    scene.clock.pass_s(2 * DAY_S)
    assert await run(scene, "prune_readers") == 1
    assert "events.reader_given_up reader=gone" in caplog.text
    assert await scene.uow.read(lambda tx: (tx.events.cursor("gone"), tx.events.cursor("idle") > 0)) == (0, True)
    assert await scene.uow.read(lambda tx: tx.events.cursor(READER)) > 0, "it has read everything, it is only idle"
    assert await run(scene, "prune_events")
    assert (await rows(scene))["events"] == 0


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("statement", "search"),
    [
        (pruning._FREE, "SEARCH requests USING INDEX ix_requests_ended (finished_at_ms<?)"),
        (pruning._FREE, "SEARCH events USING COVERING INDEX ix_events_request (request_id=?)"),
        (pruning._OLDEST_INCIDENTS, "SCAN incidents"),
        (
            statistics._SUM,
            "SEARCH tallies USING INDEX sqlite_autoindex_tallies_1 (period=? AND start_ms>? AND start_ms<?)",
        ),
        (statistics._COUNT, "SEARCH tallies USING COVERING INDEX sqlite_autoindex_tallies_1"),
        (statistics._CROWDS, "SEARCH crowds USING INDEX sqlite_autoindex_crowds_1 (minute_ms>?)"),
    ],
)
async def test_what_chores_and_scrapes_read_is_found_by_an_index(
    uow: Store, statement: sa.Executable, search: str
) -> None:
    plan = await uow.write(lambda tx: explain(tx, statement))
    assert any(step.startswith(search) for step in plan), plan
    scanned = {step.split()[1] for step in plan if step.startswith("SCAN ")}
    assert scanned <= {"anon_1", "incidents"}, "of the incidents only so many of the oldest"
