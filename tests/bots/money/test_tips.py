"""A tip is paid at most once ever, never makes debt, and can be taken back for a minute."""

import asyncio

import pytest

from bots.platform import Target, Visibility
from bots.tips import TipRules, marks_of
from core.domain.kudos.ledger import TransferReason
from tests.bots.money.purse import PurseScene
from tests.stores import Database


async def paid(scene: PurseScene) -> int:
    """How many tips were paid in all."""
    bob = await scene.person("bob")
    moved = await scene.uow.read(lambda tx: tx.ledger.transfers_of(bob.id, limit=50))
    await scene.audited()
    return sum(one.reason is TransferReason.TIP for one in moved)


async def test_a_reaction_tips_the_author_who_gets_an_account_by_it(scene: PurseScene) -> None:
    await scene.person("bob", kudos=100)
    scene.square.react("m9", "💎", by="bob", about="zoe")
    await scene.accept()
    assert (await scene.has_mk("bob"), await scene.has_mk("zoe")) == (90_000, 0)
    await scene.pass_minute()
    assert (await scene.has_mk("bob"), await scene.has_mk("zoe")) == (90_000, 10_000)
    [notice] = scene.notices()
    assert (notice.to.external_id, notice.visibility, notice.in_reply_to) == ("bob", Visibility.DIRECT, None)
    assert "10 kudos to Zoe" in notice.text
    assert "You have 90 kudos now" in notice.text
    assert await paid(scene) == 1


async def test_taken_back_within_the_minute_nothing_is_paid(scene: PurseScene) -> None:
    await scene.person("bob", kudos=100)
    scene.square.react("m9", "💎")
    scene.square.react("m9", "💎", on=False)
    await scene.accept()
    assert await scene.has_mk("bob") == 100_000
    await scene.pass_minute()
    assert (await paid(scene), scene.notices()) == (0, [])


async def test_put_on_again_within_the_minute_it_is_the_same_tip(scene: PurseScene) -> None:
    await scene.person("bob", kudos=100)
    for on in (True, False, True, True):
        scene.square.react("m9", "💎", on=on)
        await scene.accept()
        scene.clock.pass_s(10)
    scene.clock.pass_s(21)
    await scene.take_turns()
    await scene.deliver()
    assert await paid(scene) == 1, "its minute began when it was first put on"
    assert len(scene.notices()) == 1


async def test_once_paid_nothing_changes_it_any_more(scene: PurseScene) -> None:
    await scene.person("bob", kudos=100)
    scene.square.react("m9", "💎")
    await scene.accept()
    await scene.pass_minute()
    for on in (False, True, False, True):
        scene.square.react("m9", "💎", on=on)
        await scene.accept()
        await scene.pass_minute()
    assert await paid(scene) == 1
    assert (await scene.has_mk("bob"), len(scene.notices())) == (90_000, 1)


async def test_taken_back_and_put_on_much_later_it_has_a_minute_of_its_own(scene: PurseScene) -> None:
    await scene.person("bob", kudos=100)
    scene.square.react("m9", "💎")
    scene.square.react("m9", "💎", on=False)
    await scene.accept()
    await scene.pass_minute()
    scene.square.react("m9", "💎")
    await scene.accept()
    await scene.take_turns()
    assert await paid(scene) == 0
    await scene.pass_minute()
    assert await paid(scene) == 1


async def test_each_giver_emoji_and_message_is_a_tip_of_its_own(scene: PurseScene) -> None:
    await scene.person("bob", kudos=100)
    for message, mark in (("m8", "💎"), ("m9", "💎"), ("m9", ":kudos:"), ("m9", "👍")):
        scene.square.react(message, mark)
    await scene.accept()
    await scene.pass_minute()
    assert await paid(scene) == 3
    assert await scene.has_mk("ann") == 22_500


async def test_a_tip_on_a_result_is_for_whoever_asked_for_it(scene: PurseScene) -> None:
    await scene.person("bob", kudos=100)
    scene.square.say("@horde draw me a cat", by="ann")
    await scene.play()
    before_mk = await scene.has_mk("ann")
    [reply] = [name for name, post in scene.square.posts.items() if post.target is Target.REPLY]
    scene.square.react(reply, "💎", about="horde", about_bot=True)
    await scene.accept()
    await scene.pass_minute()
    assert await scene.has_mk("ann") == before_mk + 10_000
    assert await scene.has_mk("horde") == 0


async def test_nobody_tips_oneself_or_a_bot(scene: PurseScene) -> None:
    await scene.person("bob", kudos=100)
    scene.square.say("@horde draw me a cat", by="bob")
    await scene.play()
    before_mk = await scene.has_mk("bob")
    scene.square.react("m9", "💎", about="bob")
    scene.square.react("p2", "💎", about="horde", about_bot=True)
    scene.square.react("m7", "💎", about="otherbot", about_bot=True)
    await scene.accept()
    await scene.pass_minute()
    assert (await paid(scene), await scene.has_mk("bob")) == (0, before_mk)


async def test_a_tip_makes_no_debt_and_says_in_private_what_is_missing(scene: PurseScene) -> None:
    await scene.person("bob", kudos=14)
    for message in ("m7", "m8"):
        scene.square.react(message, "💎")
    scene.square.react("m8", "💎", on=False)
    scene.square.react("m8", "💎")
    await scene.accept()
    await scene.deliver()
    [told] = scene.notices()
    assert "you are 6 kudos short" in told.text
    await scene.person("bob", kudos=20)
    scene.square.react("m8", "💎")
    await scene.accept()
    await scene.pass_minute()
    assert await paid(scene) == 2, "what was not covered can be given later"


async def test_who_may_not_give_kudos_may_not_tip(scene: PurseScene) -> None:
    from dataclasses import replace

    bob = await scene.person("bob", kudos=100)
    await scene.uow.write(lambda tx: tx.accounts.put(replace(bob, flagged=True)))
    scene.square.react("m9", "💎")
    await scene.accept()
    await scene.pass_minute()
    assert await paid(scene) == 0
    assert "flagged" in scene.notices()[0].text


async def test_tips_are_posted_once_by_several_processes_and_after_a_restart(
    scene: PurseScene, database: Database
) -> None:
    await scene.person("bob", kudos=300)
    for number in range(20):
        scene.square.react(f"m{number}", "💎")
    await scene.accept()
    others = []
    for _ in range(3):  # each as a process of its own: nothing is shared but the database
        other = PurseScene(**{name: getattr(scene, name) for name in scene.__dataclass_fields__})
        other.uow = await database.open(clock=scene.clock)
        others.append(other.tips())
    scene.clock.pass_s(61)
    await asyncio.gather(*(one.post_due() for one in others), *(one.post_due() for one in others))
    for one in others:
        while await one.post_due():
            pass
    await scene.deliver()
    assert await paid(scene) == 20
    assert len(scene.notices()) == 20
    assert await scene.has_mk("ann") == 200_000


async def test_a_platform_that_nobody_runs_any_more_keeps_no_tips(scene: PurseScene) -> None:
    await scene.person("bob", kudos=100)
    scene.square.react("m9", "💎")
    await scene.accept()
    scene.clock.pass_s(61)
    tips = scene.tips()
    tips._platforms = {}  # what a process that runs another platform has
    assert await tips.post_due() == 0, "that platform's own process may be about to do it"
    scene.clock.pass_s(600)
    assert await tips.post_due() == 1
    assert await paid(scene) == 1


async def test_tip_in_an_answer_does_the_same(scene: PurseScene) -> None:
    await scene.person("bob", kudos=100)
    said = scene.square.say("@horde tip 12", by="bob", in_reply_to="m9")
    scene.answers("m9", author="zoe")
    await scene.accept()
    await scene.deliver()
    [row] = await scene.rows(said)
    assert "12 kudos for Zoe" in row.post.text
    assert row.post.visibility is Visibility.DIRECT
    await scene.pass_minute()
    assert (await scene.has_mk("bob"), await scene.has_mk("zoe")) == (88_000, 12_000)
    assert "You have 88 kudos now" in scene.notices()[0].text


async def test_where_replies_are_public_no_balance_is_told(scene: PurseScene) -> None:
    scene.notifies(private_replies=False)
    await scene.person("bob", kudos=5)
    said = scene.square.say("@horde tip 12", by="bob", in_reply_to="m9")
    scene.answers("m9", author="zoe")
    await scene.accept()
    await scene.deliver()
    told = next(row.post for row in await scene.rows(said) if row.target is Target.REPLY)
    assert "not given" in told.text
    assert not any(digit in told.text for digit in "0123456789")
    assert "you are 7 kudos short" in scene.notices()[0].text


async def test_tip_on_a_bots_post_is_for_its_requester(scene: PurseScene) -> None:
    await scene.person("bob", kudos=100)
    scene.square.say("@horde draw me a cat", by="ann")
    await scene.play()
    before_mk = await scene.has_mk("ann")
    scene.square.say("@horde tip 5", by="bob", in_reply_to="p2")
    await scene.accept()
    await scene.pass_minute()
    assert await scene.has_mk("ann") == before_mk + 5_000


@pytest.mark.parametrize(
    ("text", "author", "says"),
    [
        ("tip 0", "zoe", "I give tips of 1 kudos to 50 kudos"),
        ("tip 51", "zoe", "I give tips of 1 kudos to 50 kudos"),
        ("tip 1.2.3", "zoe", "I give tips of 1 kudos to 50 kudos"),
        ("tip 5", "bob", "your own post"),
        ("tip 5", "", "Answer the post"),
    ],
)
async def test_a_tip_that_cannot_be_given_gets_a_sentence(scene: PurseScene, text: str, author: str, says: str) -> None:
    await scene.person("bob", kudos=100)
    said = scene.square.say(f"@horde {text}", by="bob", in_reply_to="m9" if author else None)
    if author:
        scene.answers("m9", author=author)
    await scene.accept()
    await scene.pass_minute()
    assert says in (await scene.rows(said))[0].post.text
    assert await paid(scene) == 0


async def test_forget_me_gives_back_what_was_not_paid_yet(scene: PurseScene) -> None:
    bob = await scene.person("bob", kudos=100)
    scene.square.react("m9", "💎")
    scene.square.say("@horde forget me", by="bob")
    await scene.accept()
    await scene.pass_minute()
    assert await scene.balance_mk(bob.id) == 100_000
    await scene.audited()


def test_marks_are_read_per_platform() -> None:
    rules = TipRules(marks=marks_of({"❤": 1, "discord:❤️": 3, "discord:123": 4}))
    assert [rules.worth_mk("discord", mark) for mark in ("❤️", "❤", "123", "x")] == [3_000, 3_000, 4_000, 0]
    assert [rules.worth_mk("mastodon", mark) for mark in ("❤️", "123")] == [1_000, 0]
