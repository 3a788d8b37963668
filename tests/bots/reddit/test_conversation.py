"""The whole conversation on Reddit: asked, made, shown, answered, repeated, voted on and taken away."""

from bots.store.ratings import rating_of
from tests.bots.reddit.conftest import Connect
from tests.bots.reddit.reddit_scene import RedditScene, until


async def test_a_mention_is_shown_once_and_answered_once(play: RedditScene) -> None:
    asked = play.town.mention("u/horde-bot draw for me a red heart\nstyle: ocean")
    async with play.working():
        (answer,) = await play.answers(asked)
        await until(lambda: not play.town.unread)
    (shown,) = play.town.of_bot("t3")
    assert shown["subreddit"] == "horde_art"
    assert (shown["link_flair_template_id"], shown["over_18"], shown["spoiler"]) == ("flair-1", False, False)
    assert shown["title"].startswith("“a red heart” · style ocean · asked by ann")
    assert shown["title"].endswith("[AI generated]")
    assert f"[Picture]({shown['url']})" in answer["body"]
    assert f"/comments/{shown['id']}/" in answer["body"]
    assert "AI generated" in answer["body"]
    assert len(play.town.of_bot("t1")) == 1


async def test_again_and_delete_by_answering_the_bot(play: RedditScene) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    async with play.working():
        (answer,) = await play.answers(asked)
        again = play.town.comment(author="ann", parent=answer["name"], text="again")
        (second,) = await play.answers(again)
        assert len(play.town.of_bot("t3")) == 2
        asked_away = play.town.comment(author="ann", parent=second["name"], text="delete")
        await play.answers(asked_away)
        await until(lambda: len(play.town.of_bot("t3")) == 1)
        await until(lambda: play.town.things[second["name"]].get("gone"))
    assert not play.town.things[answer["name"]].get("gone")


async def test_a_private_message_is_answered_in_private_and_not_shown(play: RedditScene) -> None:
    asked = play.town.message(author="ann", to="horde-bot", text="a red heart")
    async with play.working():
        (answer,) = await play.answers(asked)
    assert (answer["dest"], answer["name"][:2]) == ("ann", "t4")
    assert play.town.of_bot("t3") == play.town.of_bot("t1") == []


async def test_private_asked_in_public_is_answered_by_message(play: RedditScene) -> None:
    asked = play.town.mention("u/horde-bot draw me a red heart\nprivate")
    async with play.working():
        await until(lambda: play.town.sent)
        await until(lambda: not play.town.unread)
    message = play.town.things[play.town.sent[0]]
    assert message["dest"] == "ann"
    assert "[Picture](" in message["body"]
    assert play.town.answers_to(asked["name"]) == play.town.of_bot("t3") == []


async def test_a_spoiler_is_hidden_in_both_posts(play: RedditScene) -> None:
    asked = play.town.mention("u/horde-bot draw me a red heart\nspoiler")
    async with play.working():
        (answer,) = await play.answers(asked)
    assert play.town.of_bot("t3")[0]["spoiler"]
    assert ">![Picture](" in answer["body"]


async def test_bots_oneself_and_old_words_are_not_answered(play: RedditScene) -> None:
    play.town.mention("u/horde-bot draw me a cat", author="AutoModerator")
    play.town.mention("u/horde-bot draw me a cat", author="repost-sleuth-bot")
    old = play.town.mention("u/horde-bot draw me an old cat")
    old["created_utc"] -= 4 * 24 * 3_600
    asked = play.town.mention("u/horde-bot help")
    async with play.working():
        await play.answers(asked)
        await until(lambda: not play.town.unread)
    assert len(play.town.of_bot("t1")) == 1


async def test_only_the_communities_that_are_set_are_heard(play: RedditScene, connect: Connect) -> None:
    from bots.reddit.place import RedditPlace

    place = RedditPlace(subreddits=frozenset({"pictures"}), blocked_subreddits=frozenset({"quiet"}))
    play.town.mention("u/horde-bot help", subreddit="Quiet")
    play.town.mention("u/horde-bot help", subreddit="elsewhere")
    asked = play.town.mention("u/horde-bot help", subreddit="Pictures")
    async with play.working(place=place):
        await play.answers(asked)
        await until(lambda: not play.town.unread)
    assert len(play.town.of_bot("t1")) == 1


async def test_scores_are_read_back_into_the_ratings(play: RedditScene) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    async with play.working():
        await play.answers(asked)
        play.town.of_bot("t3")[0]["score"] = 8
        play.town.of_bot("t1")[0]["score"] = -1
        mine = await play.commission_of(asked)

        async def rated() -> tuple[int, int]:
            found = await play.scene.uow.read(lambda tx: rating_of(tx, commission_id=mine))
            return found.up, found.down

        await play.until_it_is(rated, (7, 2))
        play.town.of_bot("t1")[0]["score"] = 1
        await play.until_it_is(rated, (7, 0))
