"""A sponsor's pot pays for a community's members within its bounds, and what is left comes back."""

import io

import pytest
from PIL import Image

from bots.platform import PlatformEvent, Target
from bots.pots import PotTerms, change_pot, close_pot, open_pot
from bots.store.money.pots import Pot, PotState, all_pots
from bots.store.rows import CommissionState
from core.domain.errors import Conflict, InsufficientKudos
from tests.bots.makers import alchemist, work
from tests.bots.money.purse import PurseScene
from tests.bots.scene import picture


async def opened(scene: PurseScene, *, budget_mk: int, **bounds: int) -> Pot:
    sponsor = await scene.person("sponsor", kudos=1_000)
    return await scene.uow.write(
        lambda tx: open_pot(
            tx,
            platform="square",
            community="Pics",
            name="r/pics",
            sponsor_id=sponsor.id,
            terms=PotTerms(budget_mk=budget_mk, **bounds),
            now_ms=scene.clock.now_ms(),
        )
    )


async def drawn(scene: PurseScene, *, by: str = "ann", community: str = "pics") -> tuple[PlatformEvent, int]:
    event = scene.square.say("@horde draw me a cat", by=by, community=community)
    await scene.accept()
    return event, (await scene.commission(event)).price_mk


async def price_of_one(scene: PurseScene) -> int:
    return (await drawn(scene, by="measure", community=""))[1]


async def test_the_pot_pays_instead_of_the_member_and_says_so(scene: PurseScene) -> None:
    pot = await opened(scene, budget_mk=500_000)
    await scene.person("ann", kudos=20)
    event, price_mk = await drawn(scene)
    await scene.play()
    assert await scene.has_mk("ann") == 20_000
    assert await scene.balance_mk(pot.account_id) == 500_000 - price_mk
    reply = next(row.post for row in await scene.rows(event) if row.target is Target.REPLY)
    assert "The pot of r/pics paid for this." in reply.text
    await scene.audited()


@pytest.mark.parametrize(("asked", "form"), [("upscale", "RealESRGAN_x4plus"), ("fix face", "GFPGAN")])
async def test_the_pot_is_named_beside_a_picture_that_was_only_changed(
    scene: PurseScene, asked: str, form: str
) -> None:
    """What a pot paid for was told only beside drawn pictures and texts."""
    pot = await opened(scene, budget_mk=500_000)
    await scene.person("ann", kudos=20)
    scene.square.say("@horde draw me a cat", by="ann")
    await scene.accept()
    body = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(body, "PNG")
    for job in await scene.work():
        await scene.objects.put(f"pictures/2026/11/{job.job_id}.webp", body.getvalue(), content_type="image/webp")
    await scene.react()
    await scene.deliver()
    has_mk = await scene.has_mk("ann")
    await work(scene, alchemist(scene), picture)
    event = scene.square.say(f"@horde {asked}", by="ann", community="pics")
    await scene.accept()
    [job] = await work(scene, alchemist(scene), picture)
    assert job.model == form
    await scene.react()
    await scene.deliver()
    [reply] = [row.post for row in await scene.rows(event) if row.target is Target.REPLY]
    assert "The pot of r/pics paid for this." in reply.text
    assert await scene.has_mk("ann") == has_mk
    assert await scene.balance_mk(pot.account_id) == 500_000 - (await scene.commission(event)).price_mk
    await scene.audited()


async def test_elsewhere_and_without_a_pot_everyone_pays_as_usual(scene: PurseScene) -> None:
    await opened(scene, budget_mk=500_000)
    await scene.person("ann", kudos=20)
    _, price_mk = await drawn(scene, community="cats")
    assert await scene.has_mk("ann") == 20_000 - price_mk


@pytest.mark.parametrize("bound", ["budget_mk", "member_day_mk", "request_mk"])
async def test_beyond_a_bound_the_member_pays(scene: PurseScene, bound: str) -> None:
    one_mk = await price_of_one(scene)
    twice = {"budget_mk": 2 * one_mk, "member_day_mk": 2 * one_mk, "request_mk": one_mk - 1}[bound]
    pot = await opened(scene, **({"budget_mk": 500_000} | {bound: twice}))
    await scene.person("ann", kudos=20)
    for _ in range(3):
        await drawn(scene)
    await scene.work()
    await scene.react()
    paid = 0 if bound == "request_mk" else 2
    assert await scene.has_mk("ann") == 20_000 - (3 - paid) * one_mk
    assert await scene.balance_mk(pot.account_id) == pot.budget_mk - paid * one_mk >= 0
    if bound == "member_day_mk":
        await drawn(scene, by="bob")
        assert await scene.has_mk("bob") == 0, "the bound is each member's own"
        scene.clock.pass_s(24 * 3_600)
        await drawn(scene)
        assert await scene.has_mk("ann") == 20_000 - one_mk, "and each day's"
    await scene.audited()


async def test_what_a_member_cancels_is_back_in_the_pot_and_counts_for_nothing(scene: PurseScene) -> None:
    one_mk = await price_of_one(scene)
    pot = await opened(scene, budget_mk=500_000, member_day_mk=one_mk)
    event, _ = await drawn(scene)
    scene.square.say("@horde cancel", by="ann")
    await scene.accept()
    await scene.react()
    assert (await scene.commission(event)).state is CommissionState.CANCELLED
    assert await scene.balance_mk(pot.account_id) == 500_000
    await drawn(scene)
    assert await scene.has_mk("ann") == 0
    await scene.audited()


async def test_closing_gives_back_what_is_left_and_what_is_held_follows(scene: PurseScene) -> None:
    pot = await opened(scene, budget_mk=500_000)
    assert await scene.has_mk("sponsor") == 500_000
    _, price_mk = await drawn(scene)
    for _ in range(2):
        await scene.uow.write(lambda tx: close_pot(tx, pot_id=pot.id, now_ms=scene.clock.now_ms()))
        assert await scene.has_mk("sponsor") == 1_000_000 - price_mk
    scene.square.say("@horde cancel", by="ann")
    await scene.accept()
    await scene.take_turns()
    await scene.take_turns()
    assert await scene.has_mk("sponsor") == 1_000_000
    [ended] = await scene.uow.read(all_pots)
    assert ended.state is PotState.ENDED
    _, price_mk = await drawn(scene)
    assert await scene.has_mk("ann") == -price_mk
    await scene.audited()


async def test_a_pot_is_changed_within_what_there_is(scene: PurseScene) -> None:
    pot = await opened(scene, budget_mk=500_000)
    with pytest.raises(Conflict):
        await opened(scene, budget_mk=1_000)

    async def to(budget_mk: int) -> None:
        await scene.uow.write(
            lambda tx: change_pot(tx, pot_id=pot.id, terms=PotTerms(budget_mk=budget_mk), now_ms=scene.clock.now_ms())
        )

    await to(200_000)
    assert await scene.balance_mk(pot.account_id) == 200_000
    await to(900_000)
    assert await scene.balance_mk(pot.account_id) == 900_000
    with pytest.raises(InsufficientKudos):
        await to(9_000_000)
    await drawn(scene)
    with pytest.raises(InsufficientKudos):
        await to(0)
    await scene.audited()
