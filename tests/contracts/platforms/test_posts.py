"""The contract of a platform: each event once, each post once whatever the network does, private stays private."""

from __future__ import annotations

import logging

import pytest

from bots.outbox import Outbox
from bots.platform import Delivered, Found, Refused, Target, Visibility
from bots.store.outbox import claim_due
from bots.store.rows import OutboxState
from tests.stages.plays import assert_posted_once
from tests.stages.stage import Play


async def test_a_summons_is_answered_with_its_picture_and_shown_to_all_once(play: Play) -> None:
    said = await play.ask()
    await play.settle()
    await assert_posted_once(play, said)


async def test_an_event_is_stored_once_over_restarts_and_reading_goes_on_after_it(play: Play) -> None:
    await play.ask()
    for number in range(3):
        play = await play.again()
        await play.stage.say(f"@horde draw for me {number} stars")
        await play.read(number + 2)
    assert await play.stored() == 4


async def test_a_crash_after_the_platform_took_it_posts_nothing_twice(play: Play) -> None:
    said = await play.ask()
    for _ in range(2):
        now_ms = play.scene.clock.now_ms()
        claimed = await play.scene.uow.write(
            lambda tx: claim_due(tx, platform=play.stage.name, now_ms=now_ms, limit=1)  # noqa: B023
        )
        assert len(claimed) == 1
        assert isinstance(await play.platform.deliver(claimed[0].post), Delivered)
        play = await play.again()
        await play.outbox().deliver_due(play.platform)
    await play.settle()
    await assert_posted_once(play, said)


async def test_what_is_asked_in_private_is_answered_in_private_and_shown_to_nobody(play: Play) -> None:
    await play.ask(private=True)
    await play.settle()
    assert [post.visibility for post in await play.stage.posts()] == [Visibility.DIRECT]


async def test_bots_and_the_bot_itself_are_not_answered(play: Play) -> None:
    await play.stage.say_as_bots("@horde draw for me a red heart")
    before = {post.id for post in await play.stage.posts()}
    said = await play.stage.say("@horde help")
    while not [row for row in await play.rows() if row.post.in_reply_to == said]:
        await play.read(await play.stored() + 1)
        await play.make()
    await play.settle()
    assert [post.in_reply_to for post in await play.stage.posts() if post.id not in before] == [said]


async def test_delete_takes_the_answer_and_the_showcase_post_away(play: Play) -> None:
    said = await play.ask()
    await play.settle()
    answer = next(post for post in await play.stage.posts() if post.in_reply_to == said)
    await play.stage.say("delete", in_reply_to=answer.id)
    await play.read(2)
    await play.make()
    await play.settle()
    assert [post.pictures for post in await play.stage.posts()] == [0]
    assert isinstance(await play.platform.delete(answer.id), Delivered)


async def test_an_edit_changes_the_words_and_keeps_the_picture(play: Play) -> None:
    await play.ask()
    await play.settle()
    row = next(row for row in await play.rows() if row.target is Target.REPLY)
    changed = type(row.post)(**{name: getattr(row.post, name) for name in row.post.__slots__} | {"text": "other words"})
    assert isinstance(await play.platform.edit(str(row.remote_id), changed), Delivered)
    there = next(post for post in await play.stage.posts() if post.id == row.remote_id)
    assert "other words" in there.text
    assert there.pictures == 1
    assert isinstance(await play.platform.reconcile(changed), Found)


async def test_a_summons_that_was_taken_away_is_not_answered(play: Play) -> None:
    said = await play.ask()
    await play.stage.take_away(said)
    await play.settle()
    reply = next(row for row in await play.rows() if row.target is Target.REPLY)
    assert reply.state is OutboxState.DEAD
    assert [post.in_reply_to for post in await play.stage.posts()] == [None]
    assert isinstance(await play.platform.deliver(reply.post), Refused)


async def test_votes_on_a_showcase_post_are_read_back_once(play: Play) -> None:
    await play.ask()
    await play.settle()
    row = next(row for row in await play.rows() if row.target is Target.SHOWCASE)
    await play.stage.vote(str(row.remote_id))
    await play.stage.vote(str(row.remote_id))
    await play.read(2)
    await play.make()
    assert (await play.rating(row.commission_id)).up == 1


async def test_an_outage_is_said_once_when_it_starts_and_once_when_it_ends(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    said = await play.ask()
    outbox: Outbox = play.outbox()
    caplog.set_level(logging.INFO, logger="bots.outbox")
    if play.stage.lost_answers:
        play.stage.outage(is_down=True)
    for _ in range(60):
        await outbox.deliver_due(play.platform)
        play.scene.clock.pass_s(60)
    if play.stage.lost_answers:
        assert await play.stage.posts() == []
        play.stage.outage(is_down=False)
    for _ in range(40):
        await outbox.deliver_due(play.platform)
        play.scene.clock.pass_s(60)
    await assert_posted_once(play, said)
    told = [record.getMessage().split()[0] for record in caplog.records]
    expected = int(bool(play.stage.lost_answers))
    assert (told.count("outbox.down"), told.count("outbox.up")) == (expected, expected)
