"""Work through the queue pays owner, escrow and treasury."""

from dataclasses import replace

import pytest

from core.domain.errors import InvalidRequest
from core.domain.ids import TREASURY
from core.domain.kudos.policy import KudosPolicy
from core.domain.policy import QueuePolicy
from core.domain.workers.policy import WorkerPolicy
from core.services.kudos.give import give
from tests.core.scene import Scene


async def test_half_of_a_new_owner_s_reward_waits_until_it_is_trusted(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    await scene.ask(guest.id)
    rewarded = await scene.hand_in(await scene.pop_one(scene.offer(owner.id)), owner.id)
    assert rewarded.reward_mk == 6_500, "all of it is earned"
    assert (await scene.look(owner.id)).kudos_mk == 3_250
    assert await scene.uow.read(lambda tx: tx.escrows.of(owner.id)) == 3_250
    await scene.ask(owner.id)
    await scene.hand_in(await scene.pop_one(scene.offer(owner.id)), owner.id)
    assert (await scene.look(owner.id)).kudos_mk == 3_250, "its own work is no contribution"
    await scene.audit()


async def test_a_program_earns_its_share_and_the_treasury_the_rest(scene: Scene) -> None:
    shares = KudosPolicy(bridge_per_mille={"good": 900}, bridge_other_per_mille=500)
    scene.policy = replace(scene.policy, kudos=shares)
    owner, guest = (await scene.account("owner", trusted=True)).account, await scene.guest()
    for agent, earned_mk in (("good:1:x", 5_850), ("other", 3_250)):
        await scene.ask(guest.id)
        job = await scene.pop_one(scene.offer(owner.id, bridge_agent=agent))
        assert (await scene.hand_in(job, owner.id)).reward_mk == earned_mk
    assert (await scene.look(TREASURY)).kudos_mk == 13_000 - 5_850 - 3_250
    await scene.audit()


async def test_what_is_held_against_workers_counts_against_their_owner(scene: Scene) -> None:
    scene.policy = QueuePolicy(workers=WorkerPolicy(suspicions_max=10))
    owner, guest = (await scene.account("owner", kudos=10)).account, await scene.guest()
    await scene.account("friend")
    for _ in range(5):
        assert not (await scene.look(owner.id)).is_suspicious(5)
        await scene.ask(guest.id)
        await scene.hand_in(await scene.pop_one(scene.offer(owner.id)), owner.id)
    assert (await scene.look(owner.id)).suspicions == 5, "no machine makes a picture in no time"
    now_ms = scene.clock.now_ms()
    with pytest.raises(InvalidRequest, match="under suspicion"):
        await scene.do(
            lambda tx: give(
                tx, from_id=owner.id, target="friend#3", amount_mk=1, policy=scene.policy.kudos, now_ms=now_ms
            )
        )
    await scene.audit()
