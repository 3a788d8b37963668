"""Uptime: what counts, and what it pays, once."""

import asyncio
from dataclasses import replace

from core.domain.accounts import Account
from core.domain.ids import MINT
from core.domain.kinds.kind import Kind
from core.domain.kudos.ledger import TransferReason
from core.services.workers.remove import remove
from core.services.workers.uptime import reward_uptime
from tests.core.scene import Scene, draft
from tests.core.workers.folk import hello, known, moderator, owner, wish


async def stay(scene: Scene, ada: Account, minutes: float, name: str = "worker", **more: object) -> None:
    """The worker pops every half minute."""
    for _ in range(round(minutes * 2)):
        scene.clock.pass_s(30)
        await hello(scene, ada.id, name, **more)


async def pay(scene: Scene) -> int:
    now_ms = scene.clock.now_ms()
    return await scene.do(lambda tx: reward_uptime(tx, policy=scene.policy, now_ms=now_ms))


async def test_uptime_is_what_lies_between_signs_of_life(scene: Scene) -> None:
    ada = await owner(scene)
    await hello(scene, ada.id)
    assert (await known(scene)).uptime_ms == 0
    for seconds, uptime_s in ((20, 20), (300, 320), (301, 320), (10, 320), (10, 340)):
        scene.clock.pass_s(seconds)
        await hello(scene, ada.id)
        assert (await known(scene)).uptime_ms == uptime_s * 1_000, seconds


async def test_a_result_is_a_sign_of_life(scene: Scene) -> None:
    ada, guest = await owner(scene), await scene.guest()
    await scene.ask(guest.id, draft(px=1_024, steps=200))
    job = await scene.pop_one(scene.offer(ada.id, pixels_max=2**22))
    scene.clock.pass_s(250)
    await scene.hand_in(job, ada.id)
    worker = await known(scene)
    assert (worker.uptime_ms, worker.last_seen_at_ms) == (250_000, scene.clock.now_ms())


async def test_neither_maintenance_nor_a_pause_is_uptime(scene: Scene) -> None:
    ada, boss = await owner(scene), await moderator(scene)
    worker_id = (await hello(scene, ada.id)).worker_id
    await wish(scene, worker_id, ada.id, maintenance=True)
    await stay(scene, ada, 2)
    assert (await known(scene)).uptime_ms == 0
    await wish(scene, worker_id, ada.id, maintenance=False)
    await stay(scene, ada, 1)
    assert (await known(scene)).uptime_ms == 60_000
    await wish(scene, worker_id, boss.id, paused=True)
    scene.clock.pass_s(60)
    await asyncio.gather(hello(scene, ada.id), return_exceptions=True)
    worker = await known(scene)
    assert (worker.uptime_ms, worker.last_seen_at_ms) == (60_000, scene.clock.now_ms())


async def test_threads_that_pop_side_by_side_count_the_time_once(scene: Scene) -> None:
    ada = await owner(scene)
    await hello(scene, ada.id)
    scene.clock.pass_s(60)
    await asyncio.gather(*(hello(scene, ada.id) for _ in range(8)))
    assert (await known(scene)).uptime_ms == 60_000


async def test_a_clock_that_jumps_back_takes_nothing(scene: Scene) -> None:
    ada = await owner(scene)
    await hello(scene, ada.id)
    await stay(scene, ada, 5)
    scene.clock.pass_s(-3_600)
    await hello(scene, ada.id, models=("other",))
    worker = await known(scene)
    assert worker.uptime_ms == 300_000
    assert worker.last_seen_at_ms == scene.clock.now_ms() + 3_600_000


async def test_ten_minutes_pay_the_reward_of_the_kind_once(scene: Scene) -> None:
    ada = await owner(scene, trusted=True)
    await hello(scene, ada.id)
    await stay(scene, ada, 9.5)
    assert await pay(scene) == 0
    await stay(scene, ada, 0.5)
    assert await pay(scene) == 1
    assert await pay(scene) == 0
    assert (await scene.look(ada.id)).kudos_mk == 52_000
    worker = await known(scene)
    assert (worker.uptime_rewarded_ms, worker.uptime_kudos_mk, worker.kudos_mk) == (600_000, 52_000, 0)
    paid = await scene.uow.read(lambda tx: tx.ledger.transfer(f"uptime:{worker.id}:1"))
    assert paid is not None
    assert (paid.from_id, paid.to_id, paid.amount_mk, paid.reason) == (MINT, ada.id, 52_000, TransferReason.UPTIME)
    await stay(scene, ada, 25)
    assert await pay(scene) == 2, "what was not paid in time is paid then"
    assert (await known(scene)).uptime_rewarded_ms == 1_800_000
    await scene.audit()


async def test_a_reward_that_was_paid_meanwhile_is_not_paid_again(scene: Scene) -> None:
    ada = await owner(scene, trusted=True)
    await hello(scene, ada.id)
    await stay(scene, ada, 10)
    stale = await known(scene)
    assert await pay(scene) == 1
    assert not await scene.do(lambda tx: tx.workers.rewarded(stale, amount_mk=52_000, uptime_ms=600_000))
    again = replace(await known(scene), uptime_rewarded_ms=0)
    assert again.uptime_ms - again.uptime_rewarded_ms >= 600_000
    assert (await scene.look(ada.id)).kudos_mk == 52_000


async def test_an_untrusted_owner_s_reward_waits_in_part(scene: Scene) -> None:
    ada = await owner(scene)
    await hello(scene, ada.id, kind=Kind.ALCHEMY, forms=("caption",))
    await stay(scene, ada, 10, kind=Kind.ALCHEMY, forms=("caption",))
    assert await pay(scene) == 1
    waits_mk = await scene.uow.read(lambda tx: tx.escrows.of(ada.id))
    assert ((await scene.look(ada.id)).kudos_mk, waits_mk) == (20_000, 20_000)
    await scene.audit()


async def test_who_removes_a_worker_gets_what_it_earned(scene: Scene) -> None:
    ada = await owner(scene, trusted=True)
    worker_id = (await hello(scene, ada.id)).worker_id
    await stay(scene, ada, 10)
    now_ms = scene.clock.now_ms()
    await scene.do(lambda tx: remove(tx, worker_id=worker_id, by=ada.id, policy=scene.policy, now_ms=now_ms))
    assert (await scene.look(ada.id)).kudos_mk == 52_000
    assert await pay(scene) == 0


async def test_many_workers_are_paid_in_rounds(scene: Scene) -> None:
    ada = await owner(scene, trusted=True)
    for name in ("a", "b", "c"):
        await hello(scene, ada.id, name)
    for _ in range(2):
        scene.clock.pass_s(300)
        for name in ("a", "b", "c"):
            await hello(scene, ada.id, name)
    now_ms = scene.clock.now_ms()
    rounds = [
        await scene.do(lambda tx: reward_uptime(tx, policy=scene.policy, now_ms=now_ms, limit=2)) for _ in range(3)
    ]
    assert rounds == [2, 1, 0]
