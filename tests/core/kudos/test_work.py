"""Work through the queue pays owner, escrow and treasury."""

from dataclasses import replace

from core.domain.ids import TREASURY
from core.domain.kudos.policy import KudosPolicy
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
