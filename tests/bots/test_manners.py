"""Who is answered, where and how often; and that forgetting leaves nothing behind."""

import json

import pytest
from sqlalchemy import select, text

from bots.manners import Rules
from bots.platform import Target
from bots.store.ratings import rating_of
from bots.store.rows import CommissionState
from bots.store.tables import metadata
from core.domain.errors import NotFound
from core.services.kudos.audit import audit
from core.store import connection_of
from tests.bots.scene import Scene


async def everything(scene: Scene) -> str:
    """Returns all rows of the bots' tables and of identities and accounts, as text."""

    def query(tx: object) -> str:
        connection = connection_of(tx)  # type: ignore[arg-type]  # any transaction reads
        rows = [list(map(tuple, connection.execute(select(table)))) for table in metadata.tables.values()]
        rows += [
            list(map(tuple, connection.execute(text(f"SELECT * FROM {name}"))))  # noqa: S608 - our own names
            for name in ("identities", "accounts")
        ]
        return json.dumps(rows, default=str)

    return await scene.uow.read(query)


async def put_pictures(scene: Scene) -> None:
    """The pictures of all replies lie in the object store."""
    for post in scene.square.of(Target.REPLY):
        for picture in post.media:
            await scene.objects.put(picture.key, b"RIFF", content_type="image/webp")


def replies(scene: Scene) -> list[str]:
    return [post.text for post in scene.square.of(Target.REPLY)]


async def test_who_said_stop_is_not_answered_until_start(scene: Scene) -> None:
    scene.square.say("@horde stop")
    await scene.play()
    scene.square.say("@horde draw for me a red heart")
    scene.square.say("@horde help", by="bob")
    await scene.play()
    stopped, helped = replies(scene)
    assert stopped.startswith("I will not answer you any more, nor count your votes and tips.")
    assert helped.startswith("Mention me")
    scene.square.say("@horde start")
    scene.square.say("@horde draw for me a red heart")
    await scene.play()
    assert replies(scene)[2] == "I am here for you again."
    assert len(replies(scene)) == 4


async def test_a_vote_of_who_said_stop_does_not_count(scene: Scene) -> None:
    scene.square.say("@horde draw for me a red heart")
    await scene.play()
    [shown] = scene.square.of(Target.SHOWCASE)
    scene.square.say("@horde stop", by="bob")
    await scene.play()
    for voter in ("bob", "cleo"):
        scene.square.vote("p1", value=1, by=voter)
    await scene.play()
    rating = await scene.uow.read(lambda tx: rating_of(tx, commission_id=shown.commission_id))
    assert (rating.up, rating.down) == (1, 0)


async def test_communities_that_an_operator_denies_are_passed_over(scene: Scene) -> None:
    scene.rules = Rules(burst=0, denied={"square": frozenset({"support"})}, allowed={})
    scene.square.say("@horde help", community="Support")
    scene.square.say("@horde help", community="arts")
    await scene.play()
    assert len(replies(scene)) == 1


async def test_where_some_are_allowed_others_are_passed_over_but_not_direct_messages(scene: Scene) -> None:
    scene.rules = Rules(burst=0, allowed={"square": frozenset({"arts"})})
    for community in ("support", "arts", ""):
        scene.square.say("@horde help", community=community)
    await scene.play()
    assert len(replies(scene)) == 2


async def test_who_is_too_fast_is_told_once_and_served_again_later(scene: Scene) -> None:
    scene.rules = Rules(burst=2, refill_s=60)
    for number in range(5):
        scene.square.say(f"@horde draw for me {number} hearts")
    scene.square.say("@horde draw for me a star", by="bob")
    await scene.play()
    made = [text for text in replies(scene) if text.startswith("Here is")]
    told = [text for text in replies(scene) if text.startswith("That was fast")]
    assert (len(made), len(told)) == (3, 1)
    assert "in about 60 s" in told[0]
    scene.square.say("@horde help")
    await scene.play()
    assert len(replies(scene)) == 5
    scene.clock.pass_s(61)
    scene.square.say("@horde draw for me a moon")
    await scene.play()
    assert len(replies(scene)) == 6


async def test_a_result_that_is_voted_far_down_leaves_the_showcase_and_nothing_else(scene: Scene) -> None:
    scene.square.say("@horde draw for me a red heart")
    await scene.play()
    [shown] = [one for one, post in scene.square.posts.items() if post.target is Target.SHOWCASE]
    await put_pictures(scene)
    for number in range(3):
        assert shown in scene.square.posts
        scene.square.vote(shown, value=-1, by=f"critic{number}")
        await scene.play()
    assert shown not in scene.square.posts
    [reply] = scene.square.of(Target.REPLY)
    assert await scene.objects.get(reply.media[0].key)


async def test_forget_me_leaves_no_trace_of_words_name_posts_or_pictures(scene: Scene) -> None:
    scene.square.say("@horde draw for me a purple walrus", by="zelda")
    scene.square.say("@horde draw for me a red heart", by="ann")
    await scene.play()
    await put_pictures(scene)
    [hers] = [post for post in scene.square.of(Target.REPLY) if post.to.external_id == "zelda"]
    scene.square.vote("p1", value=1, by="zelda")
    scene.square.say("@horde draw for me a purple walrus once more", by="zelda")
    await scene.accept()
    assert "purple walrus" in await everything(scene)
    scene.square.say("@horde forget me", by="zelda")
    await scene.play()
    await scene.take_turns()
    await scene.play()
    await scene.take_turns()
    left = await everything(scene)
    assert "walrus" not in left
    assert "zelda" not in left
    assert "ann" in left
    assert [post.to.external_id for post in scene.square.posts.values() if "walrus" in post.text] == []
    with pytest.raises(NotFound):
        await scene.objects.get(hers.media[0].key)
    assert replies(scene)[-1].startswith("What I knew of you")
    assert (await scene.uow.read(audit)).ok


async def test_a_person_who_was_forgotten_can_come_back_as_a_new_one(scene: Scene) -> None:
    for text_said in ("draw for me a red heart", "forget me", "draw for me a star"):
        event = scene.square.say(f"@horde {text_said}")
        await scene.play()
        await scene.take_turns()
    assert (await scene.commission(event)).state is CommissionState.ANSWERED


async def test_a_wish_for_the_unsafe_is_heard_only_where_the_place_is_for_it_and_is_not_shown_elsewhere(
    scene: Scene,
) -> None:
    for place_nsfw in (False, True):
        scene.square.say("@horde draw for me a red heart nsfw: yes", place_nsfw=place_nsfw)
        await scene.play()
    assert [post.nsfw for post in scene.square.of(Target.REPLY)] == [False, True]
    assert [post.nsfw for post in scene.square.of(Target.SHOWCASE)] == [False]
