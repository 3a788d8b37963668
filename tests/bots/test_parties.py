"""Parties: a thread with a theme, an award for each guest once, and what is left comes back."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from bots.platform import Post, Target
from bots.store.tables import parties
from core.domain.ids import MINT
from core.domain.kudos.ledger import TransferReason
from core.ports.store import ReadTransaction
from core.services.kudos.audit import audit
from core.services.kudos.transfer import transfer
from core.services.people.identify import identify
from core.store import connection_of
from tests.bots.scene import Scene

OPEN = "@horde party Winter animals style: ocean words: fox, owl award: 5 guests: 2 hours: 3"


@pytest.fixture(autouse=True)
def threads(scene: Scene) -> None:
    """The square has threads and private notices."""
    scene.square._capabilities = replace(scene.square.capabilities, can_thread=True, can_notify=True)


async def enrich(scene: Scene, who: str, kudos: int) -> None:
    def give(tx: object) -> None:
        account = identify(tx, platform="square", external_id=who, display_name=who, now_ms=1)  # type: ignore[arg-type]  # a write
        transfer(
            tx,  # type: ignore[arg-type]  # a write
            transfer_id=f"test:{who}:{kudos}",
            from_id=MINT,
            to_id=account.id,
            amount_mk=kudos * 1_000,
            reason=TransferReason.AWARD,
            now_ms=1,
        )

    await scene.uow.write(give)


async def kudos_of(scene: Scene, who: str) -> tuple[int, int]:
    """Returns what someone has available and what is held, in millikudos."""
    account = await scene.uow.read(lambda tx: tx.accounts.by_identity(platform="square", external_id=who))
    assert account is not None
    return account.available_mk, account.held_mk


async def opened(scene: Scene, text: str = OPEN, *, kudos: int = 100) -> str:
    """Ann, who has some kudos, opens a party; returns its thread."""
    if kudos:
        await enrich(scene, "ann", kudos)
    scene.square.say(text, community="guild")
    await scene.play()
    await scene.take_turns()
    [thread] = [one for one, post in scene.square.posts.items() if post.target is Target.PARTY]
    return thread


def said_to(scene: Scene, who: str) -> Sequence[Post]:
    return [post for post in scene.square.of(Target.REPLY) if post.to.external_id == who]


async def test_a_party_is_announced_with_its_rules_and_its_awards_are_set_aside(scene: Scene) -> None:
    thread = await opened(scene)
    post = scene.square.posts[thread]
    assert post.thread_name == "Winter animals"
    for rule in ("Winter animals", "“ocean”", "fox, owl", "first 2 guests", "5 kudos", "3 hours"):
        assert rule in post.text
    assert post.label == ""
    assert await kudos_of(scene, "ann") == (90_000, 10_000)
    assert "10 kudos were set aside" in said_to(scene, "ann")[0].text


async def test_each_guest_is_rewarded_once_until_there_are_enough_and_the_rest_comes_back(scene: Scene) -> None:
    thread = await opened(scene)
    for guest in ("bob", "bob", "ann", "cleo", "dora"):
        scene.square.say("@horde draw for me a fox", by=guest, community="guild", place=thread)
        await scene.play()
    rewarded = [post.to.external_id for post in scene.square.of(Target.REPLY) if "You got 5 kudos" in post.text]
    assert rewarded == ["bob", "cleo"]
    assert all(post.facts is None or post.facts.style == "ocean" for post in scene.square.of(Target.REPLY))
    before, held = await kudos_of(scene, "ann")
    assert held == 0
    scene.clock.pass_s(3 * 3_600 + 1)
    await scene.take_turns()
    await scene.play()
    [last] = scene.square.of(Target.PARTY_END)
    assert last.place == thread
    assert "2 guests drew along. Together they got 10 kudos." in last.text
    assert await kudos_of(scene, "ann") == (before, 0)
    assert (await scene.uow.read(audit)).ok


async def test_what_no_guest_earned_comes_back_when_the_opener_ends_it(scene: Scene) -> None:
    thread = await opened(scene)
    scene.square.say("@horde draw for me an owl", by="bob", community="guild", place=thread)
    await scene.play()
    scene.square.say("@horde party end", by="bob", community="guild", place=thread)
    scene.square.say("@horde party end", community="guild", place=thread)
    scene.square.say("@horde party end", community="guild", place=thread)
    await scene.play()
    assert "You have no party" in said_to(scene, "bob")[-1].text
    texts = [post.text for post in said_to(scene, "ann")]
    assert "5 kudos came back to you" in texts[-2]
    assert "You have no party" in texts[-1]
    assert await kudos_of(scene, "ann") == (95_000, 0)
    scene.square.say("@horde draw for me a fox", by="cleo", community="guild", place=thread)
    await scene.play()
    assert "You got" not in said_to(scene, "cleo")[-1].text
    assert (await scene.uow.read(audit)).ok


async def test_its_rules_hold_in_its_thread_and_nowhere_else(scene: Scene) -> None:
    thread = await opened(scene)
    scene.square.say("@horde draw for me a fox style: plain", by="bob", community="guild", place=thread)
    scene.square.say("@horde draw for me a cat", by="cleo", community="guild", place=thread)
    scene.square.say("@horde draw for me a cat style: plain", by="dora", community="guild")
    await scene.play()
    assert "everything is drawn in the style “ocean”" in said_to(scene, "bob")[0].text
    assert "needs one of these words: fox, owl" in said_to(scene, "cleo")[0].text
    assert said_to(scene, "dora")[0].media


async def test_who_cannot_pay_the_awards_opens_nothing(scene: Scene) -> None:
    scene.square.say(OPEN, community="guild")
    await scene.play()
    assert scene.square.of(Target.PARTY) == []
    assert "0.00 kudos available" in said_to(scene, "ann")[0].text


async def test_a_party_whose_thread_cannot_be_made_gives_everything_back(scene: Scene) -> None:
    await enrich(scene, "ann", 100)
    scene.square.faults.append("refuse")
    scene.square.say(OPEN, community="guild")
    await scene.accept()
    for _ in range(3):
        await scene.deliver()
        await scene.take_turns()
    assert (await kudos_of(scene, "ann"))[1] == 0
    [notice] = scene.square.of(Target.NOTICE)
    assert "could not open a thread" in notice.text
    assert (await scene.uow.read(audit)).ok


async def test_without_threads_there_is_no_party(scene: Scene) -> None:
    scene.square.say(OPEN)
    await scene.play()
    assert "there are none here" in said_to(scene, "ann")[0].text


async def test_three_parties_at_once_are_the_most(scene: Scene) -> None:
    for number in range(4):
        scene.square.say(f"@horde party number {number}", community="guild")
        await scene.play()
    assert len(scene.square.of(Target.PARTY)) == 3
    assert "3 parties already" in said_to(scene, "ann")[-1].text


async def test_who_is_forgotten_leaves_no_party_and_no_hold(scene: Scene) -> None:
    await opened(scene)
    scene.square.say("@horde forget me")
    await scene.play()
    await scene.take_turns()
    await scene.play()

    def rows(tx: ReadTransaction) -> list[tuple[object, ...]]:
        return [tuple(row) for row in connection_of(tx).execute(select(parties))]

    [row] = await scene.uow.read(rows)
    assert "ended" in row
    assert not {"ann", "Ann", "Winter animals"} & set(row)
    assert len(scene.square.of(Target.PARTY_END)) == 1
    audited = await scene.uow.read(audit)
    assert audited.ok


async def test_a_party_that_ends_before_its_thread_is_there_says_so_in_it_and_rewards_nobody(scene: Scene) -> None:
    """It stayed open in sight once: a thread without a party behind it."""
    await enrich(scene, "ann", 100)
    scene.square.say(OPEN, community="guild")
    await scene.accept()
    scene.square.say("@horde party end", community="guild")
    await scene.accept()
    assert await kudos_of(scene, "ann") == (100_000, 0)
    await scene.deliver()
    await scene.take_turns()
    await scene.deliver()
    [thread] = [one for one, post in scene.square.posts.items() if post.target is Target.PARTY]
    [last] = scene.square.of(Target.PARTY_END)
    assert last.place == thread
    assert "“Winter animals” is over" in last.text
    scene.square.say("@horde draw for me a fox", by="bob", community="guild", place=thread)
    await scene.play()
    assert "You got" not in said_to(scene, "bob")[-1].text
    assert (await scene.uow.read(audit)).ok


async def test_who_is_forgotten_while_a_thread_is_being_refused_is_not_written_to(scene: Scene) -> None:
    await enrich(scene, "ann", 100)
    scene.square.faults.append("refuse")
    scene.square.say(OPEN, community="guild")
    await scene.accept()
    scene.square.say("@horde forget me")
    await scene.accept()
    for _ in range(3):
        await scene.deliver()
        await scene.take_turns()
    assert scene.square.of(Target.NOTICE) == []
    assert (await scene.uow.read(audit)).ok
