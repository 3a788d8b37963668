"""Suspicion: results that no machine makes, too many dropped jobs, and what comes of it."""

import pytest

from core.domain.errors import WorkerMaintenance
from core.domain.jobs import Leased
from core.domain.kinds.kind import Kind
from core.domain.workers.suspicion import SuspicionReason
from tests.core.scene import Scene, draft
from tests.core.workers.folk import STRICT, hello, known, moderator, owner, wish

FAST = SuspicionReason.UNREASONABLY_FAST
ABORTED = SuspicionReason.TOO_MANY_JOBS_ABORTED
EXTREME = SuspicionReason.EXTREME_MAX_PIXELS


@pytest.fixture
def strict(scene: Scene) -> Scene:
    scene.policy = STRICT
    return scene


async def held(scene: Scene, name: str = "worker") -> list[SuspicionReason]:
    worker = await known(scene, name)
    return [reason for reason, _ in await scene.uow.read(lambda tx: tx.workers.suspicions(worker.id))]


async def job_of(scene: Scene, owner_id: int, seconds: float) -> Leased:
    """The worker makes one picture of 7,864,320 pixelsteps in this time."""
    guest = await scene.guest()
    await scene.ask(guest.id, draft())
    job = await scene.pop_one(scene.offer(owner_id))  # type: ignore[arg-type]
    scene.clock.pass_s(seconds)
    await scene.hand_in(job, owner_id)  # type: ignore[arg-type]
    return job


async def test_the_fifth_unreasonably_fast_picture_pauses_the_worker(strict: Scene) -> None:
    ada = await owner(strict)
    await job_of(strict, ada.id, 0.4)
    assert await held(strict) == [], "19.7 million pixelsteps a second are possible"
    for number in range(1, 6):
        await job_of(strict, ada.id, 0.39)
        assert await held(strict) == [FAST] * number
    assert (await known(strict)).paused
    with pytest.raises(WorkerMaintenance, match="have paused the worker 'worker'"):
        await strict.pop(strict.offer(ada.id))
    report = await strict.audit()
    assert report.held_mk == 0, "what it made is paid all the same"


async def test_nothing_is_held_against_a_trusted_owner(strict: Scene) -> None:
    ada = await owner(strict, trusted=True)
    for _ in range(6):
        await job_of(strict, ada.id, 0)
    assert await held(strict) == []
    assert not (await known(strict)).paused


async def test_the_end_of_a_pause_forgives(strict: Scene) -> None:
    ada, boss = await owner(strict), await moderator(strict)
    for _ in range(5):
        await job_of(strict, ada.id, 0)
    worker = await known(strict)
    await wish(strict, worker.id, boss.id, paused=False)
    assert await held(strict) == []
    await job_of(strict, ada.id, 0)
    assert await held(strict) == [FAST]
    assert not (await known(strict)).paused


async def test_extreme_sizes_count_once(strict: Scene) -> None:
    ada = await owner(strict)
    await hello(strict, ada.id, pixels_max=16_777_216)
    assert await held(strict) == []
    for pixels in (16_777_217, 20_000_000, 30_000_000):
        await hello(strict, ada.id, pixels_max=pixels)
    assert await held(strict) == [EXTREME]
    await hello(strict, ada.id, "at once", pixels_max=16_777_217)
    assert await held(strict, "at once") == [EXTREME]


async def drop(scene: Scene, owner_id: int, *, count: int) -> None:
    """The worker fails so many jobs, each of another request."""
    guest = await scene.guest()
    for _ in range(count):
        accepted = await scene.ask(guest.id)
        job = await scene.pop_one(scene.offer(owner_id))  # type: ignore[arg-type]
        await scene.fail(job, owner_id)  # type: ignore[arg-type]
        await scene.cancel(accepted.request_id)


async def test_more_than_twenty_dropped_jobs_an_hour_mean_maintenance(strict: Scene) -> None:
    ada = await owner(strict)
    strict.clock.at_ms -= strict.clock.at_ms % 3_600_000
    await drop(strict, ada.id, count=20)
    worker = await known(strict)
    assert (worker.maintenance, worker.jobs_aborted, worker.jobs_faulted) == (False, 20, 20)
    await drop(strict, ada.id, count=1)
    worker = await known(strict)
    assert (worker.maintenance, worker.jobs_aborted, worker.jobs_faulted) == (True, 0, 21)
    assert await held(strict) == [ABORTED]
    with pytest.raises(WorkerMaintenance, match="has dropped 21 jobs within an hour; more than 20 put it into"):
        await strict.pop(strict.offer(ada.id))
    told = await strict.uow.read(
        lambda tx: tx.messages.in_force(worker_id=worker.id, account_id=ada.id, now_ms=strict.clock.now_ms())
    )
    assert [(one.origin, one.text) for one in told] == [("The horde", worker.maintenance_message)]
    await wish(strict, worker.id, ada.id, maintenance=False)
    await drop(strict, ada.id, count=1)
    assert (await known(strict)).jobs_aborted == 1


async def test_each_hour_counts_anew(strict: Scene) -> None:
    ada = await owner(strict)
    strict.clock.at_ms -= strict.clock.at_ms % 3_600_000
    for _ in range(3):
        await drop(strict, ada.id, count=15)
        strict.clock.pass_s(3_600)
    worker = await known(strict)
    assert (worker.maintenance, worker.jobs_faulted) == (False, 45)


async def test_a_lease_that_lapses_is_a_dropped_job_and_a_cancelled_one_is_not(strict: Scene) -> None:
    ada, guest = await owner(strict), await strict.guest()
    await strict.ask(guest.id)
    await strict.pop_one(strict.offer(ada.id))
    strict.clock.pass_s(151)
    assert await strict.reclaim() == 1
    assert (await known(strict)).jobs_faulted == 1
    other = await strict.ask(guest.id)
    jobs = [await strict.pop_one(strict.offer(ada.id)) for _ in range(2)]
    await strict.cancel(other.request_id)
    mine = next(job for job in jobs if job.request_id == other.request_id)
    await strict.fail(mine, ada.id)
    assert (await known(strict)).jobs_faulted == 1, "nobody wanted it any more"


async def test_a_restart_with_jobs_in_hand_is_one_dropped_job(strict: Scene) -> None:
    ada, guest = await owner(strict), await strict.guest()
    await strict.ask(guest.id, draft(n=4))
    assert len((await strict.pop(strict.offer(ada.id, start_id="a"), limit=4)).jobs) == 4
    await hello(strict, ada.id, start_id="b")
    assert (await known(strict)).jobs_faulted == 1
    await hello(strict, ada.id, start_id="c")
    assert (await known(strict)).jobs_faulted == 1, "this time it held nothing"


async def test_alchemists_may_drop_a_hundred(strict: Scene) -> None:
    ada = await owner(strict)
    await hello(strict, ada.id, kind=Kind.ALCHEMY, forms=("caption",))
    worker = await known(strict)
    hour = strict.clock.now_ms() // 3_600_000
    counts = [await strict.do(lambda tx: tx.workers.faulted(worker.id, hour=hour)) for _ in range(3)]
    assert counts == [1, 2, 3]
    assert strict.policy.workers.aborts_alchemy_max == 100
