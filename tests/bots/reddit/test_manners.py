"""The bot's manners on Reddit: who wants no bots, how often it speaks below one post, and what is disliked."""

from dataclasses import replace

from bots.platform import Absent, Ambiguous, Delivered, Found, Refused, RetryAt, Target
from bots.reddit.place import RedditPlace
from bots.reddit.render import body_of, title_of
from tests.bots.reddit.conftest import Connect
from tests.bots.reddit.posts import picture_post, shown_post
from tests.bots.reddit.reddit_scene import RedditScene, until


async def test_who_wants_no_bots_is_left_alone(play: RedditScene) -> None:
    play.town.profiles["eve"] = "Please leave me alone #NoBot"
    passed = play.town.mention("u/horde-bot help", author="Eve")
    asked = play.town.mention("u/horde-bot help")
    async with play.working():
        await play.answers(asked)
        await until(lambda: not play.town.unread)
    assert play.town.answers_to(passed["name"]) == []


async def test_who_was_not_got_to_know_in_a_rush_is_before_being_answered(play: RedditScene, connect: Connect) -> None:
    play.town.profiles["ann"] = "#nobots"
    asked = play.town.mention("u/horde-bot help")
    platform = connect()
    play.double.faults.order("/user/ann/about", "503")
    assert isinstance(await platform.deliver(picture_post(asked["name"])), RetryAt)
    outcome = await platform.deliver(picture_post(asked["name"]))
    assert isinstance(outcome, Refused)
    assert "#nobot" in outcome.reason
    assert play.town.of_bot("t1") == []


async def test_after_so_many_answers_below_one_post_the_next_go_by_message(play: RedditScene, connect: Connect) -> None:
    place = RedditPlace(replies_per_post=2)
    post = play.town.submit(author="poster", subreddit="pictures", title="Talk")
    asked = [play.town.mention("u/horde-bot draw me a cat", below=post["name"]) for _ in range(4)]
    platform = connect(place=place)
    for one in asked[:2]:
        assert isinstance(await platform.deliver(picture_post(one["name"])), Delivered)
    later = connect(place=place)  # it remembers nothing, and asks Reddit
    third = picture_post(asked[2]["name"])
    assert isinstance(await later.deliver(third), Delivered)
    assert len(play.town.of_bot("t1")) == 2
    (message,) = [play.town.things[name] for name in play.town.sent]
    assert message["dest"] == "ann"
    assert "[Picture](" in message["body"]
    found = await later.reconcile(third)
    assert isinstance(found, Found)
    assert found.remote_id == message["name"]
    elsewhere = play.town.mention("u/horde-bot draw me a cat")
    assert isinstance(await later.deliver(picture_post(elsewhere["name"])), Delivered)
    assert len(play.town.of_bot("t1")) == 3


async def test_an_answer_that_people_vote_down_goes_and_its_score_is_counted(play: RedditScene) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    async with play.working():
        (answer,) = await play.answers(asked)
        play.double.faults.order("/api/del/", "503")
        play.town.things[answer["name"]]["score"] = -2
        await until(lambda: play.town.things[answer["name"]].get("gone"))
        await until(lambda: play.town.of_bot("t3") == [])  # the showcase hides it too, by the same score


async def test_an_answer_that_a_few_dislike_stays_and_so_do_all_where_that_is_set(play: RedditScene) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    async with play.working(place=RedditPlace(delete_below=0)):
        (answer,) = await play.answers(asked)
        play.town.things[answer["name"]]["score"] = -50
        again = play.town.mention("u/horde-bot help", author="bob")
        await play.answers(again)
        calls = play.town.calls["/user/horde-bot/comments"]
        await until(lambda: play.town.calls["/user/horde-bot/comments"] > calls + 2)
    assert not play.town.things[answer["name"]].get("gone")


async def test_a_notice_is_a_private_message_and_found_again(play: RedditScene, connect: Connect) -> None:
    notice = replace(
        picture_post("t1_x", text="You have been tipped."), target=Target.NOTICE, in_reply_to=None, media=()
    )
    platform = connect()
    assert await platform.reconcile(notice) == Absent()
    play.double.faults.order("/api/compose/", "accept-then-503")
    assert isinstance(await platform.deliver(notice), Ambiguous)
    found = await platform.reconcile(notice)
    assert isinstance(found, Found)
    message = play.town.things[found.remote_id]
    assert (message["dest"], message["subject"]) == ("ann", "A notice for you")
    assert "You have been tipped" in message["body"]
    assert play.town.of_bot("t1") == []


async def test_a_notice_to_someone_who_takes_none_is_given_up(play: RedditScene, connect: Connect) -> None:
    play.town.closed_messages.add("ann")
    notice = replace(picture_post("t1_x"), target=Target.NOTICE, in_reply_to=None, media=())
    assert isinstance(await connect().deliver(notice), Refused)


async def test_what_is_not_safe_for_work_is_marked_where_it_is_shown_and_hidden_where_it_is_answered(
    play: RedditScene, connect: Connect
) -> None:
    assert isinstance(await connect().deliver(replace(shown_post(), nsfw=True)), Delivered)
    (shown,) = play.town.of_bot("t3")
    assert shown["over_18"]
    assert "NSFW: >![Picture](" in body_of(replace(picture_post("t1_x"), nsfw=True), handle="horde")
    both = body_of(replace(picture_post("t1_x", spoiler="the end"), nsfw=True), handle="horde")
    assert "NSFW, the end: >!" in both


def test_without_a_label_nothing_says_that_a_model_made_it() -> None:
    assert "AI" not in body_of(replace(picture_post("t1_x"), label=""), handle="horde")
    assert "[" not in title_of(replace(shown_post(), label=""))
