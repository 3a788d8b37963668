"""Leases: kept, lost, given back, and what becomes of the job."""

from dataclasses import replace

import pytest

from core.domain.errors import (
    DuplicateSubmission,
    LeaseLost,
    NotFound,
)
from core.domain.ids import RequestId
from core.domain.jobs import JobState
from core.domain.requests import RequestState
from core.services.queue.lease import lease_of
from tests.core.scene import Scene, draft


async def test_a_result_is_taken_once(scene: Scene) -> None:
    owner, guest = (await scene.account("owner", trusted=True)).account, await scene.guest()
    await scene.ask(guest.id)
    job = await scene.pop_one(scene.offer(owner.id))
    await scene.hand_in(job, owner.id)
    with pytest.raises(DuplicateSubmission, match="already stored and paid"):
        await scene.hand_in(job, owner.id)
    with pytest.raises(DuplicateSubmission):
        await scene.fail(job, owner.id)
    assert (await scene.look(owner.id)).kudos_mk == 6_500
    await scene.audit()


async def test_a_late_submit_is_taken_while_the_job_still_waits(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id)
    offer = scene.offer(owner.id)
    job = await scene.pop_one(offer)
    scene.clock.pass_s(151)
    assert await scene.reclaim() == 1
    assert (await scene.status(accepted.request_id)).restarted == 1
    assert (await scene.hand_in(job, owner.id)).request_finished
    with pytest.raises(DuplicateSubmission):
        await scene.hand_in(job, owner.id)
    assert not (await scene.pop(offer)).jobs
    await scene.audit()


async def test_a_late_submit_is_lost_when_another_has_the_job(scene: Scene) -> None:
    slow, quick = (await scene.account("slow")).account, (await scene.account("quick")).account
    guest = await scene.guest()
    await scene.ask(guest.id)
    job = await scene.pop_one(scene.offer(slow.id, "slow"))
    scene.clock.pass_s(151)
    await scene.reclaim()
    again = await scene.pop_one(scene.offer(quick.id, "quick"))
    assert again.job_id == job.job_id
    with pytest.raises(LeaseLost, match="another worker has it now"):
        await scene.hand_in(job, slow.id)
    await scene.hand_in(again, quick.id)
    with pytest.raises(LeaseLost, match="another worker has finished it"):
        await scene.hand_in(job, slow.id)
    assert (await scene.look(slow.id)).kudos_mk == 0
    await scene.audit()


async def test_two_workers_of_one_owner_are_told_apart_by_the_lease(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    await scene.ask(guest.id)
    job = await scene.pop_one(scene.offer(owner.id, "one"))
    scene.clock.pass_s(151)
    await scene.reclaim()
    again = await scene.pop_one(scene.offer(owner.id, "two"))
    found = await scene.uow.read(lambda tx: lease_of(tx, job_id=job.job_id, account_id=owner.id))
    assert (found.lease_id, found.worker_name) == (again.lease_id, "two")
    with pytest.raises(LeaseLost):
        await scene.hand_in(job, owner.id, lease_id=job.lease_id)
    assert (await scene.hand_in(again, owner.id, lease_id=again.lease_id)).request_finished


async def test_a_new_start_of_a_worker_voids_its_earlier_life(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    await scene.ask(guest.id)
    first_life = scene.offer(owner.id, start_id="one")
    job = await scene.pop_one(first_life)
    assert not (await scene.pop(first_life)).jobs
    again = await scene.pop_one(replace(first_life, start_id="two"))
    assert again.job_id == job.job_id
    assert again.lease_id != job.lease_id
    with pytest.raises(LeaseLost):
        await scene.hand_in(job, owner.id, lease_id=job.lease_id)


async def test_progress_keeps_a_short_lease(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id)
    offer = scene.offer(owner.id, reports_progress=True)
    job = await scene.pop_one(offer)
    assert job.ttl_s == 20
    for step in range(1, 5):
        scene.clock.pass_s(15)
        reply = await scene.report(job.job_id, owner.id, step=step)
        assert (reply.cancelled, reply.lease_expires_at_ms) == (False, scene.clock.now_ms() + 20_000)
        assert await scene.reclaim() == 0
    shown = (await scene.status(accepted.request_id)).progress
    assert [(p.step, p.steps, p.worker_name) for p in shown] == [(4, 10, "worker")]
    scene.clock.pass_s(21)
    assert await scene.reclaim() == 1
    assert not (await scene.report(job.job_id, owner.id, step=5)).cancelled, "nobody took it meanwhile"
    scene.clock.pass_s(21)
    assert await scene.reclaim() == 1
    other = await scene.pop_one(scene.offer(owner.id, "other"))
    stale = await scene.do(lambda tx: tx.jobs.lease(job.lease_id))
    assert stale is not None
    assert not stale.is_current
    assert other.job_id == job.job_id


async def test_three_tries_then_faulted_and_given_back(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id)
    offer = scene.offer(owner.id)
    states = []
    for _ in range(3):
        job = await scene.pop_one(offer)
        states.append(await scene.fail(job, owner.id))
    assert states == [JobState.WAITING, JobState.WAITING, JobState.FAULTED]
    end = await scene.status(accepted.request_id)
    assert (end.state, end.faulted, end.done, end.restarted) == (RequestState.FAULTED, True, True, 3)
    after = await scene.look(guest.id)
    assert (after.kudos_mk, after.held_mk) == (0, 0)
    await scene.audit()


async def test_a_job_handed_back_counts_no_try(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id)
    offer = scene.offer(owner.id)
    for _ in range(5):
        assert await scene.release(await scene.pop_one(offer), owner.id) is JobState.WAITING
    assert (await scene.status(accepted.request_id)).restarted == 0
    job = await scene.pop_one(offer)
    await scene.hand_in(job, owner.id)
    assert await scene.release(job, owner.id) is JobState.DONE, "what is done stays done"


async def test_cancel_reaches_the_worker_at_its_next_report(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id, draft(n=3))
    job = await scene.pop_one(scene.offer(owner.id, reports_progress=True))
    assert await scene.cancel(accepted.request_id)
    assert (await scene.look(guest.id)).held_mk == 6_500, "the job in work is still held"
    assert (await scene.status(accepted.request_id)).state is RequestState.OPEN
    assert (await scene.report(job.job_id, owner.id)).cancelled
    assert (await scene.status(accepted.request_id)).state is RequestState.CANCELLED
    assert (await scene.look(guest.id)).held_mk == 0
    assert not await scene.cancel(accepted.request_id)
    assert (await scene.report(job.job_id, owner.id)).cancelled
    with pytest.raises(LeaseLost, match="it is cancelled"):
        await scene.hand_in(job, owner.id)
    with pytest.raises(NotFound):
        await scene.cancel(RequestId("none"))
    await scene.audit()


async def test_a_cancelled_job_that_is_handed_in_all_the_same_is_paid(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id, draft(n=2))
    job = await scene.pop_one(scene.offer(owner.id))
    await scene.cancel(accepted.request_id)
    assert (await scene.hand_in(job, owner.id)).request_finished
    end = await scene.status(accepted.request_id)
    assert (end.state, len(end.results)) == (RequestState.CANCELLED, 1)
    assert (await scene.look(guest.id)).kudos_mk == -6_500
    await scene.audit()


async def test_a_request_past_its_time_stops_waiting(scene: Scene) -> None:
    guest = await scene.guest()
    first = await scene.ask(guest.id, draft(n=2))
    scene.clock.pass_s(600)
    second = await scene.ask(guest.id)
    scene.clock.pass_s(650)
    assert await scene.expire() == 1
    end = await scene.status(first.request_id)
    assert (end.state, end.done, end.faulted) == (RequestState.EXPIRED, True, True)
    assert (await scene.status(second.request_id)).state is RequestState.OPEN
    assert (await scene.look(guest.id)).held_mk == 6_500
    await scene.audit()


async def test_a_job_in_work_outlives_its_request_s_time(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id, draft(n=2, steps=500, px=1024))
    job = await scene.pop_one(scene.offer(owner.id, pixels_max=2**22))
    scene.clock.pass_s(1_201)
    assert await scene.expire() == 1
    middle = await scene.status(accepted.request_id)
    assert (middle.state, middle.waiting, middle.processing) == (RequestState.OPEN, 0, 1)
    await scene.hand_in(job, owner.id)
    assert (await scene.status(accepted.request_id)).state is RequestState.DONE
    assert await scene.expire() == 0
    await scene.audit()


async def test_a_lapsed_job_of_an_old_request_expires(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id)
    await scene.pop_one(scene.offer(owner.id))
    scene.clock.pass_s(1_300)
    assert await scene.reclaim() == 1
    end = await scene.status(accepted.request_id)
    assert (end.state, end.faulted) == (RequestState.EXPIRED, True)
    await scene.audit()
