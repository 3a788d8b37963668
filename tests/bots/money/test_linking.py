"""`link` and `unlink` in the conversation: the code is private, the purse is one."""

import re

from bots.platform import Target, Visibility
from core.services.people.register import register
from tests.bots.money.purse import PurseScene


async def told(scene: PurseScene, text: str, *, by: str, account_id: int | None = None) -> str:
    said = scene.square.say(f"@horde {text}", by=by, account_id=account_id)
    await scene.accept()
    await scene.deliver()
    return next(row.post.text for row in await scene.rows(said) if row.target is Target.REPLY)


def code_in(text: str) -> str:
    found = re.search(r"code is (\S+)\.", text)
    assert found, text
    return found[1]


async def test_two_names_have_one_purse_and_the_history_goes_on(scene: PurseScene) -> None:
    await scene.person("ann", kudos=30)
    await scene.person("anna", kudos=12)
    drawn = scene.square.say("@horde draw me a cat", by="anna")
    await scene.accept()
    price_mk = (await scene.commission(drawn)).price_mk
    code = code_in(await told(scene, "link", by="anna"))
    assert f"have {(42_000 - price_mk) / 1_000:g} kudos" in await told(scene, f"link {code}", by="ann")
    assert "Cancelled" in await told(scene, "cancel", by="anna"), "what was asked before can still be cancelled"
    assert "do not know that code" in await told(scene, f"link {code}", by="ann")
    assert "one purse already" in await told(scene, f"link {code_in(await told(scene, 'link', by='anna'))}", by="ann")
    await scene.audited()


async def test_a_registered_account_stays(scene: PurseScene) -> None:
    await scene.person("ann", kudos=30)
    made = await scene.uow.write(
        lambda tx: register(tx, name="ann on the web", kudos_mk=5_000, now_ms=scene.clock.now_ms())
    )
    assert "Say “link” to me on the other platform" in await told(scene, "link", by="web", account_id=made.account.id)
    code = code_in(await told(scene, "link", by="ann"))
    assert made.account.handle in await told(scene, f"link {code}", by="web", account_id=made.account.id)
    assert await scene.has_mk("ann") == 35_000 == await scene.balance_mk(made.account.id)


async def test_a_code_is_never_shown_in_public(scene: PurseScene) -> None:
    scene.notifies(private_replies=False)
    answer = await told(scene, "link", by="ann")
    assert answer == "I have sent you a code in private."
    [notice] = scene.notices()
    assert (notice.to.external_id, notice.visibility) == ("ann", Visibility.DIRECT)
    code = code_in(notice.text)
    answer = await told(scene, f"link {code}", by="bob")
    assert "kudos" not in answer, "nor is what one has"


async def test_unlink_parts_them_and_tells_so(scene: PurseScene) -> None:
    await scene.person("ann", kudos=30)
    await scene.person("anna", kudos=12)
    await told(scene, f"link {code_in(await told(scene, 'link', by='anna'))}", by="ann")
    assert "purse of its own at 0 kudos" in await told(scene, "unlink", by="anna")
    assert (await scene.has_mk("ann"), await scene.has_mk("anna")) == (42_000, 0)
    assert "already" in await told(scene, "unlink", by="anna")


async def test_a_tip_on_its_way_reaches_the_linked_purse(scene: PurseScene) -> None:
    await scene.person("bob", kudos=50)
    await scene.person("ann")
    scene.square.react("m9", "💎", by="bob", about="anna")
    await scene.accept()
    await told(scene, f"link {code_in(await told(scene, 'link', by='anna'))}", by="ann")
    await scene.pass_minute()
    assert await scene.has_mk("ann") == 10_000 == await scene.has_mk("anna")
    await scene.audited()
