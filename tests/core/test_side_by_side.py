"""What happens side by side: several units of work on one database, as several processes are."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence

import pytest_asyncio

from core.domain.errors import HordeError, InsufficientKudos, LeaseLost, TooManyJobs
from core.domain.events import FINAL_KINDS
from core.domain.ids import AccountId
from core.domain.jobs import Leased
from core.domain.kudos.ledger import TransferReason
from core.domain.policy import QueuePolicy
from core.domain.requests import RequestState
from core.services.kudos.transfer import transfer
from core.store import connection_of
from tests.core.scene import HandClock, Scene, draft
from tests.stores import Database

PROCESSES = 4


@pytest_asyncio.fixture
async def scenes(database: Database, clock: HandClock) -> list[Scene]:
    """Several processes' scenes on one database."""
    return [Scene(uow=await database.open(clock=clock), clock=clock) for _ in range(PROCESSES)]


async def all_of(calls: Sequence[Awaitable[object]]) -> list[object]:
    """Return what each of them came to, errors of ours included; others are raised."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, HordeError):
            raise one
    return list(found)


async def owners(scene: Scene, count: int) -> list[AccountId]:
    return [(await scene.account(f"owner {number}", trusted=True)).account.id for number in range(count)]


async def finals(scene: Scene) -> Counter[str]:
    """Return how often each request's end was told."""
    events = await scene.uow.read(lambda tx: tx.events.after(0, limit=10_000))
    return Counter(event.request_id for event in events if event.kind in FINAL_KINDS)


async def test_the_last_two_jobs_end_at_once_and_the_request_once(scenes: list[Scene]) -> None:
    scene = scenes[0]
    asker = (await scene.account("asker", kudos=1_000)).account
    one, other = await owners(scene, 2)
    for _ in range(12):
        accepted = await scene.ask(asker.id, draft(n=2))
        first = await scene.pop_one(scene.offer(one, "one"))
        second = await scene.pop_one(scene.offer(other, "other"))
        await all_of([scenes[1].hand_in(first, one), scenes[2].hand_in(second, other)])
        assert (await scene.status(accepted.request_id)).state is RequestState.DONE
    assert set((await finals(scene)).values()) == {1}
    assert len(await finals(scene)) == 12
    await scene.audit()


async def test_two_hundred_pops_at_once_get_two_hundred_jobs(scenes: list[Scene]) -> None:
    scene = scenes[0]
    scene.policy = QueuePolicy(waiting_max=1_000)
    asker = (await scene.account("asker")).account
    for number in range(20):
        await scene.ask(asker.id, draft(n=10, px=512 if number % 2 else 576))
    ten = await owners(scene, 10)
    offers = [scene.offer(ten[number % 10], f"w{number}", pixels_max=2**20) for number in range(200)]
    popped = await asyncio.gather(*(scenes[n % PROCESSES].pop(offer) for n, offer in enumerate(offers)))
    jobs = [job.job_id for one in popped for job in one.jobs]
    assert len(jobs) == 200
    assert len(set(jobs)) == 200
    assert not (await scene.pop(scene.offer(ten[0], "w0", pixels_max=2**20))).jobs
    await scene.audit()


async def test_cancel_against_pop(scenes: list[Scene]) -> None:
    scene = scenes[0]
    asker = (await scene.account("asker", kudos=100)).account
    (owner,) = await owners(scene, 1)
    for number in range(15):
        accepted = await scene.ask(asker.id, draft(n=2))
        offer = scene.offer(owner, f"w{number % 3}")
        found = await all_of([scenes[1].cancel(accepted.request_id), scenes[2].pop(offer), scenes[3].pop(offer)])
        taken = [job for one in found[1:] for job in one.jobs]  # type: ignore[attr-defined]
        assert found[0] is True
        for job in taken:
            await scene.hand_in(job, owner)
        status = await scene.status(accepted.request_id)
        assert status.state is RequestState.CANCELLED
        assert status.finished == len(taken)
    assert set((await finals(scene)).values()) == {1}
    report = await scene.audit()
    assert report.held_mk == 0


async def test_reclaim_against_a_late_submit(scenes: list[Scene], clock: HandClock) -> None:
    scene = scenes[0]
    asker = (await scene.account("asker", kudos=100)).account
    (owner,) = await owners(scene, 1)
    done = 0
    for number in range(12):
        await scene.ask(asker.id)
        job = await scene.pop_one(scene.offer(owner, f"w{number}", reports_progress=True))
        clock.pass_s(21)
        found = await all_of(
            [
                scenes[1].reclaim(),
                scenes[2].hand_in(job, owner, lease_id=job.lease_id),
                scenes[3].pop(scene.offer(owner, "other", reports_progress=True)),
            ]
        )
        again: list[Leased] = list(found[2].jobs)  # type: ignore[attr-defined]
        if isinstance(found[1], HordeError):
            assert isinstance(found[1], LeaseLost)
            await scene.hand_in(again[0], owner, lease_id=again[0].lease_id)
        else:
            assert not again
        done += 1
        assert (await scene.audit()).held_mk == 0
    transfers = await scene.uow.read(lambda tx: tx.ledger.transfers_of(asker.id, limit=100))
    assert sum(one.reason is TransferReason.JOB for one in transfers) == done


async def test_the_limit_of_waiting_jobs_holds_for_those_who_ask_at_once(scenes: list[Scene]) -> None:
    scene = scenes[0]
    asker = (await scene.account("asker")).account
    for one in scenes:
        one.policy = QueuePolicy(waiting_max=30)
    found = await all_of([scenes[n % PROCESSES].ask(asker.id, draft(n=4)) for n in range(24)])
    refused = [one for one in found if isinstance(one, TooManyJobs)]
    assert len(found) - len(refused) == 7
    assert len(refused) == 17
    assert await scene.uow.read(lambda tx: tx.jobs.waiting_of(asker.id)) == 28


async def test_two_gifts_that_together_exceed_the_balance(scenes: list[Scene], clock: HandClock) -> None:
    scene = scenes[0]
    giver = (await scene.account("giver", kudos=10)).account
    taker = (await scene.account("taker")).account

    async def give(one: Scene, number: int) -> object:
        return await one.do(
            lambda tx: transfer(
                tx,
                transfer_id=f"gift {number}",
                from_id=giver.id,
                to_id=taker.id,
                amount_mk=4_000,
                reason=TransferReason.GIFT,
                floor_mk=0,
                now_ms=clock.now_ms(),
            )
        )

    found = await all_of([give(scenes[number % PROCESSES], number) for number in range(12)])
    assert sum(isinstance(one, InsufficientKudos) for one in found) == 10
    assert (await scene.look(giver.id)).kudos_mk == 2_000
    assert (await scene.look(taker.id)).kudos_mk == 8_000
    await scene.audit()


async def test_a_busy_account_becomes_hot_and_its_sum_stays_right(scenes: list[Scene]) -> None:
    scene = scenes[0]
    for one in scenes:
        one.policy = QueuePolicy(waiting_max=10_000)
    asker = (await scene.account("asker", kudos=1_000)).account
    await all_of([scenes[n % PROCESSES].ask(asker.id) for n in range(240)])
    slots = await scene.uow.read(
        lambda tx: connection_of(tx).exec_driver_sql("SELECT account_id, slot FROM balances").all()
    )
    assert len([slot for account_id, slot in slots if account_id == asker.id]) > 1
    assert (await scene.look(asker.id)).hot
    await scene.audit()


async def test_the_same_result_handed_in_twice_at_once_is_paid_once(scenes: list[Scene]) -> None:
    scene = scenes[0]
    asker = (await scene.account("asker", kudos=100)).account
    (owner,) = await owners(scene, 1)
    for _ in range(8):
        await scene.ask(asker.id)
        job = await scene.pop_one(scene.offer(owner))
        found = await all_of([one.hand_in(job, owner, lease_id=job.lease_id) for one in scenes])
        assert sum(isinstance(one, HordeError) for one in found) == PROCESSES - 1
    await scene.audit()
