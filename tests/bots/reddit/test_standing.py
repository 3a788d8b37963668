"""An account that nobody else sees writes nothing into the void, and goes on when it is seen again."""

from dataclasses import replace

import pytest

from bots.platform import Delivered, RetryAt
from bots.reddit.adapter import RedditPlatform
from tests.bots.reddit.conftest import QUICK, Connect
from tests.bots.reddit.posts import picture_post
from tests.bots.reddit.reddit_scene import RedditScene, until


async def test_a_shadow_ban_is_told_once_and_its_posts_wait_until_it_ends(
    play: RedditScene, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="bots.reddit.standing")
    asked = play.town.mention("u/horde-bot draw me a cat")
    platform = connect()
    play.town.shadowed = True
    assert "shadow-banned" in await platform.introduce()
    outcome = await platform.deliver(picture_post(asked["name"]))
    assert isinstance(outcome, RetryAt)
    assert "shadow-banned" in outcome.reason
    await platform.introduce()
    assert play.town.of_bot("t1") == []
    play.town.shadowed = False
    assert "shadow" not in await platform.introduce()
    assert isinstance(await platform.deliver(picture_post(asked["name"])), Delivered)
    told = [record.getMessage().split()[0] for record in caplog.records]
    assert told == ["reddit.shadow_banned", "reddit.seen_again"]


async def test_whether_it_is_seen_is_looked_at_again_while_it_reads(
    play: RedditScene, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="bots.reddit.standing")
    assert QUICK.audit_s < 1
    async with play.working():
        await until(lambda: play.town.calls["/user/horde-bot/about"] > 1)
        play.town.shadowed = True
        await until(lambda: "reddit.shadow_banned" in caplog.text)
        asked = play.town.mention("u/horde-bot help")
        await until(lambda: asked["name"] not in play.town.unread)
        play.town.shadowed = False
        await until(lambda: "reddit.seen_again" in caplog.text)
        play.scene.clock.pass_s(16 * 60)
        await play.answers(asked)
    assert caplog.text.count("reddit.shadow_banned") == 1


async def test_where_strangers_rights_are_not_given_the_account_is_taken_for_seen(
    play: RedditScene, connect: Connect
) -> None:
    play.double.faults.order("/user/horde-bot/about", "503", times=None)
    platform: RedditPlatform = connect()
    assert await platform.introduce() == "logged in as u/horde-bot"


async def test_a_mention_that_neither_the_unread_nor_the_inbox_had_is_found_by_the_audit(play: RedditScene) -> None:
    first = play.town.mention("u/horde-bot help")
    async with play.working(rhythm=replace(QUICK, inbox_s=3_600.0)):
        await play.answers(first)
        await until(lambda: play.town.calls["/message/inbox/"])
        lost = play.town.mention("u/horde-bot help", author="bob")
        play.town.unread.discard(lost["name"])
        await play.answers(lost)
    assert play.town.calls["/message/inbox/"] == 1
