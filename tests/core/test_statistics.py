"""Statistics: each event is counted once, the buckets are right and bounded, the windows reach as far as they say."""

import asyncio
import signal
from datetime import UTC, datetime
from typing import Any

import pytest

from core.domain.events import EventKind
from core.domain.ids import ANONYMOUS, RequestId, new_id
from core.domain.kinds.kind import Kind
from core.domain.statistics import (
    KEPT_MS,
    MODELS_KEPT,
    MODELS_MAX,
    REST,
    WAIT_BOUNDS_S,
    Bucket,
    Period,
    Tally,
    one_wait,
    smallest,
    start_of,
    wait_class,
)
from core.loops.chore import Chore
from core.loops.chores import chores
from core.loops.loops import Loops
from core.ports.store import Transaction
from core.services.statistics.crowd import note_crowd
from core.services.statistics.performance import performance
from core.services.statistics.roll_up import READER, has_news, roll_up
from core.services.statistics.totals import model_counts, totals
from tests.core.scene import START_MS, Scene
from tests.core.test_faults import fault_process
from tests.stores import Database

MINUTE_MS = 60_000
PIXELSTEPS = 512 * 512 * 30


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000


def done(tx: Transaction, *, at_ms: int, kind: Kind = Kind.IMAGE, model: str = "m", **more: Any) -> None:
    """A job is done, as the queue tells it."""
    body = {"job_id": new_id(), "kind": kind.value, "model": model, "things": 10, "price_mk": 5, "reward_mk": 4}
    body |= {"waited_ms": 1_500, "worked_ms": 700} | more
    tx.events.add(EventKind.JOB_DONE, request_id=RequestId(new_id()), account_id=ANONYMOUS, now_ms=at_ms, body=body)


async def happen(scene: Scene, **what: Any) -> None:
    await scene.do(lambda tx: done(tx, **what))


async def count(scene: Scene) -> int:
    """Everything that happened is in the statistics."""
    whole = 0
    while some := await scene.do(lambda tx: roll_up(tx, limit=50)):
        whole += some
    return whole


async def rows(scene: Scene, period: Period, kind: Kind = Kind.IMAGE) -> dict[str, Tally]:
    return dict(await scene.uow.read(lambda tx: tx.statistics.by_model(period, kind=kind, since_ms=0)))


async def starts(scene: Scene, period: Period) -> int:
    return len(await scene.uow.read(lambda tx: tx.statistics.history(period, kind=Kind.IMAGE, since_ms=0)))


def chore(scene: Scene, name: str) -> Chore:
    return next(one for one in chores(uow=scene.uow, objects=None, policy=scene.policy) if one.name == name)


def test_where_buckets_begin() -> None:
    moment = at("2028-02-29T13:45:07")
    assert start_of(Period.MINUTE, moment) == at("2028-02-29T13:45:00")
    assert start_of(Period.HOUR, moment) == at("2028-02-29T13:00:00")
    assert start_of(Period.DAY, moment) == at("2028-02-29T00:00:00")
    assert start_of(Period.MONTH, moment) == at("2028-02-01T00:00:00")
    assert start_of(Period.TOTAL, moment) == 0
    for period in Period:
        assert start_of(period, start_of(period, moment)) == start_of(period, moment)


def test_waits_have_classes_and_their_shares_are_told() -> None:
    assert [wait_class(ms) for ms in (0, 1_000, 1_001, 2_000, 1_200_000, 1_200_001)] == [0, 0, 1, 1, 10, 11]
    tally = sum((Tally(waits=one_wait(ms)) for ms in (500, 500, 1_500, 4_000, 90_000)), start=Tally())
    assert sum(tally.waits) == 5
    assert tally.wait_s(0.4) == 1
    assert tally.wait_s(0.5) == 2
    assert tally.wait_s(0.95) == 120
    assert Tally().wait_s(0.5) is None
    assert Tally(waits=one_wait(9_999_999)).wait_s(0.5) is None
    assert len(Tally().waits) == len(WAIT_BOUNDS_S) + 1


async def test_a_picture_is_told_and_counted_in_every_period(scene: Scene) -> None:
    maker, asker = await scene.account("maker"), await scene.account("asker", kudos=100)
    accepted = await scene.ask(asker.account.id)
    scene.clock.pass_s(7)
    job = await scene.pop_one(scene.offer(maker.account.id))
    scene.clock.pass_s(3)
    rewarded = await scene.hand_in(job, maker.account.id)
    assert rewarded.request_finished
    assert await scene.uow.read(has_news)
    assert await count(scene) == 4, "accepted, leased, done, finished"
    assert not await scene.uow.read(has_news)
    for period in Period:
        found = await rows(scene, period)
        assert found[job.model] == Tally(
            jobs=1,
            things=PIXELSTEPS,
            price_mk=accepted.price_mk,
            reward_mk=rewarded.reward_mk,
            waited_ms=7_000,
            worked_ms=3_000,
            waits=one_wait(7_000),
        ), period
        assert found[REST] == Tally(requests=1)
        assert (await rows(scene, period, Kind.TEXT)) == {}


async def test_what_came_to_nothing_is_counted_too(scene: Scene) -> None:
    asker = await scene.account("asker")
    kept, dropped = await scene.ask(asker.account.id), await scene.ask(asker.account.id)
    await scene.cancel(dropped.request_id)
    scene.clock.pass_s(scene.policy.request_lifetime_s + 1)
    await scene.expire()
    await count(scene)
    assert await rows(scene, Period.TOTAL) == {REST: Tally(requests=2, cancelled=1, expired=1)}
    assert kept.request_id != dropped.request_id


async def test_each_event_counts_once_whoever_reads(scene: Scene) -> None:
    for i in range(120):
        await happen(scene, at_ms=START_MS + i * 1_000)
    with pytest.raises(ZeroDivisionError):
        await scene.do(lambda tx: roll_up(tx, limit=30) // 0)
    assert await scene.uow.read(lambda tx: tx.events.cursor(READER)) == 0, "the count that failed left nothing"
    assert await rows(scene, Period.TOTAL) == {}
    counted = await asyncio.gather(*(scene.do(lambda tx: roll_up(tx, limit=20)) for _ in range(10)))
    assert sum(counted) == 120
    assert (await rows(scene, Period.TOTAL))["m"].jobs == 120
    minutes = await scene.uow.read(lambda tx: tx.statistics.history(Period.MINUTE, kind=Kind.IMAGE, since_ms=0))
    assert [(start, tally.jobs) for start, tally in minutes.items()] == [
        (START_MS, 60),
        (START_MS + MINUTE_MS, 60),
    ]


@pytest.mark.kill
async def test_a_kill_around_the_commit_counts_nothing_twice(scene: Scene, database: Database) -> None:
    for i in range(3):
        await happen(scene, at_ms=START_MS + i)
    for edge, jobs in (("before", 0), ("after", 3)):
        killed = fault_process(database.url, "roll_up", 0, "r", "j", HORDE_KILL_AT=f"pop.{edge}")
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert sum(tally.jobs for tally in (await rows(scene, Period.TOTAL)).values()) == jobs
    assert await count(scene) == 0
    assert (await rows(scene, Period.TOTAL))["m"].jobs == 3


async def test_an_event_of_an_older_program_does_no_harm(scene: Scene) -> None:
    def old(tx: Transaction) -> None:
        for kind, body in ((EventKind.REQUEST_FINISHED, {"done": 1}), (EventKind.JOB_DONE, {"kind": 7})):
            tx.events.add(kind, request_id=RequestId("r"), account_id=ANONYMOUS, now_ms=START_MS, body=body)

    await scene.do(old)
    assert await count(scene) == 2
    assert await rows(scene, Period.TOTAL) == {}


async def test_the_windows_reach_as_far_as_they_say(scene: Scene) -> None:
    scene.clock.at_ms = now_ms = at("2027-05-20T12:30:30")
    ages_s = (10, 45, 70, 30 * 60, 20 * 3_600, 25 * 86_400, 40 * 86_400)
    for age_s in ages_s:
        await happen(scene, at_ms=now_ms - age_s * 1_000)
    await count(scene)
    seen = await scene.uow.read(lambda tx: totals(tx, kind=Kind.IMAGE, now_ms=now_ms))
    jobs = [tally.jobs for tally in (seen.minute, seen.hour, seen.day, seen.month, seen.total)]
    assert jobs == [2, 4, 5, 6, 7], "the minute is the last whole one: 45 s and 70 s ago"
    assert seen.hour.things == 40
    assert seen.hour.waits == tuple(4 * n for n in one_wait(1_500))
    nothing = await scene.uow.read(lambda tx: totals(tx, kind=Kind.TEXT, now_ms=now_ms))
    assert nothing.total == Tally()


async def test_models_are_listed_busiest_first(scene: Scene) -> None:
    now_ms = scene.clock.now_ms()
    for model, times, age_s in (("rare", 1, 60), ("busy", 3, 60), ("old", 2, 3 * 86_400), ("", 1, 60)):
        for _ in range(times):
            await happen(scene, at_ms=now_ms - age_s * 1_000, model=model)
    await count(scene)
    seen = await scene.uow.read(lambda tx: model_counts(tx, kind=Kind.IMAGE, now_ms=now_ms))
    assert list(seen.day.items()) == [("busy", 3), ("rare", 1)]
    assert list(seen.month.items()) == list(seen.total.items()) == [("busy", 3), ("old", 2), ("rare", 1)]


async def test_a_bucket_keeps_its_largest_models_and_loses_nothing(scene: Scene) -> None:
    def flood(tx: Transaction) -> None:
        for i in range(MODELS_MAX - 1):
            done(tx, at_ms=START_MS, model=f"invented {i:03}")
        for _ in range(5):
            done(tx, at_ms=START_MS, model="loved")

    await scene.do(flood)
    await count(scene)
    for period in Period:
        assert len(await rows(scene, period)) == MODELS_MAX, "as many as there may be"
    await happen(scene, at_ms=START_MS, model="one more")
    await count(scene)
    for period in Period:
        found = await rows(scene, period)
        assert len(found) == MODELS_KEPT + 1, "and the rest"
        assert found["loved"].jobs == 5
        assert sum(tally.jobs for tally in found.values()) == MODELS_MAX + 5
        assert sum(sum(tally.waits) for tally in found.values()) == MODELS_MAX + 5


def test_who_goes_into_the_rest() -> None:
    many = {f"{i:04}": Tally(jobs=i % 7) for i in range(MODELS_MAX)} | {REST: Tally(jobs=1)}
    assert smallest(many) == ()
    gone = smallest(many | {"last": Tally(jobs=9)})
    assert len(gone) == MODELS_MAX + 1 - MODELS_KEPT
    assert REST not in gone
    assert "last" not in gone


async def test_old_buckets_go_and_the_tables_are_bounded(scene: Scene) -> None:
    scene.clock.at_ms = now_ms = at("2027-05-20T12:30:30")
    for age_ms in (0, *KEPT_MS.values()):
        await happen(scene, at_ms=now_ms - age_ms - 3_600_000)
    await count(scene)
    scene.clock.pass_s(1)
    await scene.do(lambda tx: note_crowd(tx, now_ms=now_ms - KEPT_MS[Period.MINUTE] - 60_000, online_s=300))
    loops = Loops((), uow=scene.uow, clock=scene.clock)
    assert await loops.run_once(chore(scene, "prune_statistics"))
    for period, kept in ((Period.MINUTE, 1), (Period.HOUR, 2), (Period.DAY, 2), (Period.MONTH, 2), (Period.TOTAL, 1)):
        assert await starts(scene, period) == kept, period
    assert await scene.uow.read(lambda tx: tx.statistics.crowds(since_ms=0)) == []


async def test_who_is_there_is_noted_minute_by_minute(scene: Scene) -> None:
    owner, asker = await scene.account("owner"), await scene.account("asker")
    await scene.pop(scene.offer(owner.account.id, "one", threads=2))
    await scene.pop(scene.offer(owner.account.id, "two"))
    for _ in range(3):
        await scene.ask(asker.account.id)
    await scene.pop_one(scene.offer(owner.account.id, "two"))
    scene.clock.pass_s(1)
    loops = Loops((), uow=scene.uow, clock=scene.clock)
    assert await loops.run_once(chore(scene, "note_crowd")) == 2
    assert await loops.run_once(chore(scene, "note_crowd")) is None, "once a minute"
    scene.clock.pass_s(60)
    assert await loops.run_once(chore(scene, "note_crowd")) == 2
    seen = await scene.uow.read(lambda tx: tx.statistics.crowds(since_ms=0))
    pictures = [one for one in seen if one.kind is Kind.IMAGE]
    assert [one.minute_ms for one in pictures] == [START_MS, START_MS + MINUTE_MS]
    assert {(one.workers, one.threads, one.waiting, one.processing) for one in pictures} == {(2, 3, 2, 1)}
    assert {(one.workers, one.waiting) for one in seen if one.kind is Kind.TEXT} == {(0, 0)}


async def test_the_performance_tells_what_waits_and_what_was_done(scene: Scene) -> None:
    owner, asker = await scene.account("owner"), await scene.account("asker")
    for _ in range(4):
        await scene.ask(asker.account.id)
    job = await scene.pop_one(scene.offer(owner.account.id, threads=2))
    await scene.hand_in(job, owner.account.id)
    await scene.pop_one(scene.offer(owner.account.id, threads=2))
    loops = Loops((), uow=scene.uow, clock=scene.clock)
    assert await loops.run_once(chore(scene, "roll_up_statistics")) == 8, "asked 4 times, taken twice, made, finished"
    assert await loops.run_once(chore(scene, "roll_up_statistics")) is None, "nothing new, nothing written"
    scene.clock.pass_s(60)
    now_ms = scene.clock.now_ms()
    seen = await scene.uow.read(lambda tx: performance(tx, now_ms=now_ms, online_s=scene.policy.online_s))
    pictures = seen.kinds[Kind.IMAGE]
    assert (pictures.waiting, pictures.processing, pictures.workers, pictures.threads) == (2, 1, 1, 2)
    assert pictures.past_minute_things == PIXELSTEPS
    assert pictures.waiting_things == 2 * PIXELSTEPS, "512 x 512 and 30 are the upper bounds of their classes"
    assert seen.kinds[Kind.TEXT].workers == 0


def test_buckets_sort_by_their_key() -> None:
    one = Bucket(period=Period.DAY, start_ms=1, kind=Kind.IMAGE, model="b")
    two = Bucket(period=Period.DAY, start_ms=1, kind=Kind.IMAGE, model="a")
    assert sorted([one, two]) == [two, one]
