"""Whatever Reddit does to the bot: nothing is lost, nothing is posted twice, and everything goes on by itself."""

import pytest

from bots.platform import Absent, Ambiguous, Delivered, Found, PlatformMisconfigured, Refused, RetryAt
from bots.store.rows import OutboxState
from tests.bots.reddit.conftest import Connect
from tests.bots.reddit.posts import picture_post, shown_post
from tests.bots.reddit.reddit_scene import RedditScene, until
from tests.doubles.reddit.server import TOKEN

LOST = ["accept-then-503", "accept-then-drop", "accept-then-hang", "503", "drop"]


@pytest.mark.parametrize("fault", LOST)
async def test_an_answer_lost_on_the_way_is_there_once(play: RedditScene, fault: str) -> None:
    play.double.faults.order("/api/comment/", fault)
    play.double.faults.order("/api/submit/", fault)
    asked = play.town.mention("u/horde-bot draw me a red heart")
    async with play.working():
        await play.answers(asked)
        await until(lambda: play.town.of_bot("t3"))
        await play.until_rows_are(asked, {OutboxState.SENT})
    assert len(play.town.of_bot("t1")) == len(play.town.of_bot("t3")) == 1
    assert not play.double.faults.waiting


async def test_reddit_down_for_an_hour_is_told_once_and_nothing_is_lost(
    play: RedditScene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="bots.supervisor")
    first = play.town.mention("u/horde-bot help")
    async with play.working():
        await play.answers(first)
        play.double.faults.order("", "503", times=None)
        asked = play.town.mention("u/horde-bot draw me a cat", author="bob")
        down_at_ms = play.scene.clock.now_ms()
        play.scene.clock.pass_s(3_600)
        await until(lambda: play.scene.clock.now_ms() - down_at_ms > 3_610_000)
        await until(lambda: "bots.down part=reddit.inbox" in caplog.text)
        play.double.faults.heal()
        await play.answers(asked)
        await until(lambda: "bots.up part=reddit.inbox" in caplog.text)
    assert caplog.text.count("bots.down part=reddit.inbox") == 1
    assert caplog.text.count("bots.up part=reddit.inbox") == 1
    assert len(play.town.of_bot("t1")) == 2


async def test_being_told_to_wait_is_one_outage_however_often_it_is_told(
    play: RedditScene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="bots.supervisor")
    play.double.faults.order("/message/unread", "429", times=2, wait_s=1)
    asked = play.town.mention("u/horde-bot help")
    async with play.working():
        await play.answers(asked)
        await until(lambda: "bots.up part=reddit.inbox" in caplog.text)
    assert caplog.text.count("bots.down part=reddit.inbox") == 1
    assert caplog.text.count("bots.up part=reddit.inbox") == 1


async def test_an_expired_token_is_renewed_and_the_post_made_once(play: RedditScene, connect: Connect) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    platform = connect()
    post = picture_post(asked["name"])
    assert isinstance(await platform.deliver(post), Delivered)
    play.town.expire_tokens()
    other = play.town.mention("u/horde-bot draw me a dog")
    assert isinstance(await platform.deliver(picture_post(other["name"])), Delivered)
    assert len(play.town.of_bot("t1")) == 2
    assert play.town.calls[TOKEN] == 4  # one for looking things up and one for writing, each twice


async def test_a_token_that_cannot_be_renewed_now_is_no_lost_post(play: RedditScene, connect: Connect) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    play.double.faults.order(TOKEN, "503")
    platform = connect()
    assert isinstance(await platform.deliver(picture_post(asked["name"])), RetryAt)
    assert isinstance(await platform.deliver(picture_post(asked["name"])), Delivered)


@pytest.mark.parametrize(
    ("message", "wait_ms"),
    [
        ("Take a break for 7 minutes before trying again.", 421_000),
        ("Take a break for 3 seconds before trying again.", 4_000),
        ("you are doing that too much. try again in 1 hour.", 3_600_000),
        ("Looks like you have been doing that a lot.", 60_000),
    ],
)
async def test_a_break_that_reddit_asks_for_is_taken_by_the_outbox(
    play: RedditScene, connect: Connect, message: str, wait_ms: int
) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    play.double.faults.order("/api/comment/", error=("RATELIMIT", message))
    platform = connect()
    outcome = await platform.deliver(picture_post(asked["name"]))
    assert isinstance(outcome, RetryAt)
    assert outcome.at_ms - play.scene.clock.now_ms() == wait_ms
    assert isinstance(await platform.deliver(picture_post(asked["name"])), Delivered)
    assert len(play.town.answers_to(asked["name"])) == 1


async def test_429_holds_all_calls_back_until_its_time(play: RedditScene, connect: Connect) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    play.double.faults.order("/api/comment/", "429", wait_s=900)
    platform = connect()
    first = await platform.deliver(picture_post(asked["name"]))
    calls = dict(play.town.calls)
    second = await platform.deliver(shown_post())
    assert isinstance(first, RetryAt)
    assert isinstance(second, RetryAt)
    assert 890_000 < second.at_ms - play.scene.clock.now_ms() <= 900_000
    assert play.town.calls == calls


async def test_the_last_call_of_a_window_is_heeded_before_reddit_says_429(play: RedditScene, connect: Connect) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    platform = connect()
    other = play.town.mention("u/horde-bot draw me a dog")
    assert isinstance(await platform.deliver(picture_post(other["name"])), Delivered)
    play.double.remaining, play.double.reset_s = 2, 120
    assert isinstance(await platform.deliver(picture_post(asked["name"])), Delivered)
    assert isinstance(await platform.deliver(shown_post()), RetryAt)
    assert play.town.calls["/api/submit/"] == 0


@pytest.mark.parametrize("code", ["TOO_OLD", "THREAD_LOCKED", "DELETED_COMMENT", "TOO_MANY_COMMENTS"])
async def test_a_no_of_reddit_is_final_and_said_by_its_name(play: RedditScene, connect: Connect, code: str) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    play.double.faults.order("/api/comment/", error=(code, "no"))
    outcome = await connect().deliver(picture_post(asked["name"]))
    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith(code)
    assert play.town.calls["/api/comment/"] == 1


@pytest.mark.parametrize("trouble", ["deleted", "removed", "locked", "banned"])
async def test_where_nobody_may_answer_it_is_refused_for_good(
    play: RedditScene, connect: Connect, trouble: str
) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    place = play.town.community(asked["subreddit"])
    if trouble == "locked":
        place.locked = True
    elif trouble == "banned":
        place.banned.add(play.town.bot)
    else:
        play.town.remove(asked["name"], word=f"[{trouble}]")
    assert isinstance(await connect().deliver(picture_post(asked["name"])), Refused)
    assert play.town.of_bot("t1") == []


async def test_a_suspended_account_waits_and_goes_on_when_it_is_back(play: RedditScene, connect: Connect) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    platform = connect()
    play.town.suspended = True
    for post in (picture_post(asked["name"]), shown_post()):
        assert isinstance(await platform.deliver(post), RetryAt)
    play.town.suspended = False
    assert isinstance(await platform.deliver(picture_post(asked["name"])), Delivered)


async def test_a_shadowed_answer_is_known_to_be_there(play: RedditScene, connect: Connect) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    play.town.shadowed = True
    play.double.faults.order("/api/comment/", "accept-then-503")
    platform, post = connect(), picture_post(asked["name"])
    assert isinstance(await platform.deliver(post), Ambiguous)
    (there,) = play.town.of_bot("t1")
    found = await platform.reconcile(post)
    assert isinstance(found, Found)
    assert found.remote_id == there["name"]


async def test_a_link_that_is_there_already_is_ours_or_refused(play: RedditScene, connect: Connect) -> None:
    platform, post = connect(), shown_post()
    first = await platform.deliver(post)
    assert isinstance(first, Delivered)
    again = await platform.deliver(post)
    assert isinstance(again, Delivered)
    assert again.remote_id == first.remote_id
    assert len(play.town.of_bot("t3")) == 1
    strangers = shown_post(link="https://cdn.test/2.webp")
    play.town.submit(author="eve", subreddit="horde_art", title="mine", url=strangers.media[0].url)
    assert isinstance(await platform.deliver(strangers), Refused)


async def test_a_link_elsewhere_or_of_another_is_not_taken_for_ours(play: RedditScene, connect: Connect) -> None:
    platform, post = connect(), shown_post()
    play.town.submit(author="eve", subreddit="horde_art", title="mine", url=post.media[0].url)
    play.town.submit(author=play.town.bot, subreddit="elsewhere", title="there", url=post.media[0].url)
    assert await platform.reconcile(post) == Absent()


async def test_an_old_answer_is_found_behind_hundreds_of_newer_ones(play: RedditScene, connect: Connect) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    platform, post = connect(), picture_post(asked["name"])
    assert isinstance(await platform.deliver(post), Delivered)
    other = play.town.mention("u/horde-bot draw me a dog")
    for number in range(230):
        play.town.comment(author=play.town.bot, parent=other["name"], text=f"{number}")
    assert isinstance(await platform.reconcile(post), Found)
    unanswered = play.town.mention("u/horde-bot draw me a cow")
    assert await platform.reconcile(picture_post(unanswered["name"])) == Absent()


@pytest.mark.parametrize("wrong", ["password", "client_id", "refresh_token"])
async def test_wrong_credentials_stop_the_adapter_with_a_reason(
    connect: Connect, wrong: str, play: RedditScene
) -> None:
    platform = connect(**({wrong: "wrong"} | ({"password": ""} if wrong == "refresh_token" else {})))
    with pytest.raises(PlatformMisconfigured, match="no token"):
        await anext(aiter(platform.events(None)))
    outcome = await platform.deliver(picture_post("t1_x"))
    assert isinstance(outcome, RetryAt)
    assert play.town.of_bot("t1") == []


async def test_a_refresh_token_does_as_well_as_a_password(play: RedditScene, connect: Connect) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    platform = connect(password="", refresh_token=play.town.refresh_token)
    assert isinstance(await platform.deliver(picture_post(asked["name"])), Delivered)


async def test_the_credentials_of_another_account_are_said_to_be_that(play: RedditScene, connect: Connect) -> None:
    platform = connect(username="somebody", password="", refresh_token=play.town.refresh_token)
    with pytest.raises(PlatformMisconfigured, match=r"u/horde-bot's, but reddit\.username is somebody"):
        await anext(aiter(platform.events(None)))


async def test_a_message_nobody_takes_is_refused(play: RedditScene, connect: Connect) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat\nprivate")
    play.town.closed_messages.add("ann")
    assert isinstance(await connect().deliver(picture_post(asked["name"], private=True)), Refused)


async def test_a_post_is_edited_and_deleted_however_often(play: RedditScene, connect: Connect) -> None:
    asked = play.town.mention("u/horde-bot draw me a cat")
    platform, post = connect(), picture_post(asked["name"])
    made = await platform.deliver(post)
    assert isinstance(made, Delivered)
    assert isinstance(await platform.edit(made.remote_id, picture_post(asked["name"], text="other words")), Delivered)
    assert "other words" in play.town.things[made.remote_id]["body"]
    for _ in range(2):
        assert isinstance(await platform.delete(made.remote_id), Delivered)
    assert isinstance(await platform.edit(made.remote_id, post), Refused)
    shown = await platform.deliver(shown_post())
    assert isinstance(shown, Delivered)
    assert isinstance(await platform.edit(shown.remote_id, shown_post()), Refused)
