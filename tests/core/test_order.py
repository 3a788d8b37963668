"""The order's guarantees, through the real submit and pop on a store."""

import asyncio
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.ids import MINT, AccountId, JobId
from core.domain.kudos.ledger import TransferReason
from core.domain.policy import QueuePolicy
from core.domain.queue.due import weight_ms
from core.domain.workers.offer import WorkerOffer
from core.services.kudos.transfer import transfer
from core.store import SqliteUnitOfWork, connection_of
from core.store.tables import jobs, requests
from tests.core.scene import HandClock, Scene, draft, fresh_database

MEMORY = Path("/dev/shm")  # noqa: S108 - a scratch file that needs no disk
SHORT = QueuePolicy(weight_max_s=30, request_lifetime_s=120, waiting_max=1_000)
MODELS = (("a",), ("b",), ("a", "b"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    job_id: JobId
    account_id: AccountId
    due_ms: int
    asked_at_ms: int


async def waiting(scene: Scene) -> list[Waiting]:
    """Return the waiting jobs as they lie in the store, the first due first."""
    query = (
        sa.select(jobs.c.id, jobs.c.account_id, jobs.c.due_ms, requests.c.asked_at_ms)
        .join(requests, requests.c.id == jobs.c.request_id)
        .where(jobs.c.state == "waiting")
        .order_by(jobs.c.due_ms, jobs.c.id)
    )
    found = await scene.do(lambda tx: connection_of(tx).execute(query).all())
    return [Waiting(job_id=row[0], account_id=row[1], due_ms=row[2], asked_at_ms=row[3]) for row in found]


async def someone(scene: Scene, name: str, kudos: int) -> AccountId:
    """Return an account with this balance; a negative one is a debt."""
    account = (await scene.account(name, kudos=max(kudos, 0))).account
    if kudos < 0:
        await give(scene, account.id, MINT, -kudos)
    return account.id


async def give(scene: Scene, one: AccountId, other: AccountId, kudos: int) -> None:
    now_ms = scene.clock.now_ms()
    await scene.do(
        lambda tx: transfer(
            tx,
            transfer_id=f"{one}-{other}-{now_ms}",
            from_id=one,
            to_id=other,
            amount_mk=kudos * 1_000,
            reason=TransferReason.CORRECTION,
            now_ms=now_ms,
        )
    )


async def test_with_a_saturated_queue_more_kudos_mean_shorter_median_waits(scene: Scene) -> None:
    owner = (await scene.account("owner")).account
    balances = (-20_000, -1_000, 0, 700, 3_000, 100_000)
    people = {await someone(scene, f"p{kudos}", kudos): kudos for kudos in balances}
    waits: dict[int, list[int]] = {kudos: [] for kudos in balances}
    offer = scene.offer(owner.id)
    for _ in range(20):
        for account_id in people:
            await scene.ask(account_id, draft(steps=1))
            scene.clock.pass_s(12)
        for _ in range(5):  # six are asked for while five are made
            before = {one.job_id: one for one in await waiting(scene)}
            taken = before[(await scene.pop_one(offer)).job_id]
            waits[people[taken.account_id]].append(scene.clock.now_ms() - taken.asked_at_ms)
    while left := {one.job_id: one for one in await waiting(scene)}:
        taken = left[(await scene.pop_one(offer)).job_id]
        waits[people[taken.account_id]].append(scene.clock.now_ms() - taken.asked_at_ms)
        scene.clock.pass_s(14)
    medians = [median(waits[kudos]) for kudos in balances]
    assert medians == sorted(medians, reverse=True)
    assert len(set(medians)) == len(medians)
    await scene.audit()


ASKS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(MODELS), st.integers(0, 25), st.booleans()), min_size=5, max_size=30
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(asks=ASKS)
def test_a_worker_takes_what_is_due_first_of_all_it_could_take(
    asks: list[tuple[int, tuple[str, ...], int, bool]],
) -> None:
    """And so nothing is taken before anything that it could also take and that was asked over 2H earlier."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        clock = HandClock()
        uow = SqliteUnitOfWork.open(fresh_database(Path(folder)), clock=clock)
        try:
            asyncio.run(_ask_and_take(Scene(uow=uow, clock=clock, policy=SHORT), asks))
        finally:
            uow.close()


async def _ask_and_take(scene: Scene, asks: list[tuple[int, tuple[str, ...], int, bool]]) -> None:
    owner = (await scene.account("owner")).account
    people = [await someone(scene, f"p{kudos}", kudos) for kudos in (-100_000, -400, 0, 1_500, 10**6)]
    offers = [scene.offer(owner.id, name=f"w{models}", models=models) for models in MODELS]
    models_of: dict[JobId, tuple[str, ...]] = {}
    for who, models, gap_s, pops in asks:
        accepted = await scene.ask(people[who], draft(models=models))
        models_of |= dict.fromkeys(accepted.job_ids, models)
        scene.clock.pass_s(gap_s)
        if pops:
            await _take(scene, offers[who % len(offers)], models_of)
    for offer in offers:
        while await _take(scene, offer, models_of):
            pass
    assert await waiting(scene) == []


async def _take(scene: Scene, offer: WorkerOffer, models_of: dict[JobId, tuple[str, ...]]) -> bool:
    """Pop once and compare with what waits; False where nothing fitted."""
    fitting = [one for one in await waiting(scene) if set(models_of[one.job_id]) & set(offer.models)]
    popped = await scene.pop(offer)
    if not popped.jobs:
        assert fitting == []
        return False
    assert popped.jobs[0].job_id == fitting[0].job_id
    oldest_ms = min(one.asked_at_ms for one in fitting)
    assert fitting[0].asked_at_ms - oldest_ms < 2 * SHORT.weight_max_s * 1_000
    return True


async def test_the_balance_at_asking_time_decides(scene: Scene) -> None:
    owner = (await scene.account("owner")).account
    patron = (await scene.account("patron", kudos=90_000)).account
    first, second = await someone(scene, "first", 20), await someone(scene, "second", 10)
    for account_id in (first, second):
        await scene.ask(account_id)
    before = await waiting(scene)
    scene.clock.pass_s(1)
    await give(scene, patron.id, second, 50_000)
    await give(scene, first, MINT, 70_000)
    assert await waiting(scene) == before
    await scene.ask(second)
    assert [one.account_id for one in await waiting(scene)] == [second, first, second]
    offer = scene.offer(owner.id)
    taken = [(await scene.pop_one(offer)).job_id for _ in range(3)]
    assert taken[1:] == [one.job_id for one in before]


async def test_a_flood_lowers_itself_job_by_job(scene: Scene) -> None:
    flood = (await scene.account("flood", kudos=1_000)).account
    one = await scene.ask(flood.id, draft(n=4))
    other = await scene.ask(flood.id, draft(n=2))
    share_mk = one.price_mk // 4
    due = {job.job_id: job.due_ms for job in await waiting(scene)}
    begun_ms = scene.clock.now_ms()
    for place, job_id in enumerate((*one.job_ids, *other.job_ids), start=1):
        assert due[job_id] == begun_ms - weight_ms(1_000_000 - place * share_mk, scene.policy)
    assert sorted(due, key=due.__getitem__) == [*one.job_ids, *other.job_ids]


@pytest.mark.parametrize("debt", [1, 400, 600, 50_000, 10**6])
async def test_a_fresh_guest_comes_after_the_debt_it_replaces(scene: Scene, debt: int) -> None:
    owner = (await scene.account("owner")).account
    indebted, fresh = await someone(scene, "indebted", -debt), await scene.guest()
    first = await scene.ask(fresh.id)
    second = await scene.ask(indebted)
    taken = [(await scene.pop_one(scene.offer(owner.id))).job_id for _ in range(2)]
    assert taken == [*second.job_ids, *first.job_ids]


async def test_a_guest_in_debt_gains_nothing_by_another_identity(scene: Scene) -> None:
    known, fresh = await scene.guest("known"), await scene.guest("fresh")
    await give(scene, known.id, MINT, 3_000)
    for guest in (known, fresh):
        await scene.ask(guest.id)
    one, other = await waiting(scene)
    assert one.due_ms == other.due_ms


async def test_what_is_due_at_once_goes_by_job_id(scene: Scene) -> None:
    owner = (await scene.account("owner")).account
    twins = [await someone(scene, f"twin{number}", 5) for number in range(8)]
    ids = [(await scene.ask(account_id)).job_ids[0] for account_id in twins]
    assert len({one.due_ms for one in await waiting(scene)}) == 1
    offer = scene.offer(owner.id)
    assert [(await scene.pop_one(offer)).job_id for _ in ids] == sorted(ids)


async def test_a_request_lives_at_least_4h(scene: Scene) -> None:
    owner, poor = (await scene.account("owner")).account, await someone(scene, "poor", -(10**6))
    accepted = await scene.ask(poor, draft(n=2))
    offer = scene.offer(owner.id)
    scene.clock.pass_s(4 * scene.policy.weight_max_s - 0.001)
    assert await scene.expire() == 0
    assert (await scene.pop_one(offer)).request_id == accepted.request_id
    scene.clock.pass_s(0.001 + scene.policy.request_lifetime_s - 4 * scene.policy.weight_max_s)
    assert await scene.expire() == 1
    assert (await scene.pop(replace(offer, name="other"))).jobs == ()
    await scene.audit()
