"""The contract of a platform in trouble: nothing lost and nothing doubled, in every kind of fault that it has."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from bots.platform import CountsReads, Delivered, PlatformDown, PlatformMisconfigured, Target, Visibility
from bots.store.outbox.letters import requeue_all
from bots.store.rows import OutboxState
from tests.stages.plays import assert_posted_once, kinds, lost_answers
from tests.stages.stage import READ_S, Play

HANGS_S = 1.0
on_each = pytest.mark.parametrize(("play", "kind"), lost_answers(), indirect=["play"])


@on_each
@pytest.mark.parametrize("place", [Target.SHOWCASE, Target.REPLY])
async def test_a_post_that_was_taken_without_an_answer_is_found_and_not_sent_again(
    play: Play, kind: str, place: Target
) -> None:
    said = await play.ask()
    if not kind:
        await play.settle()
        row = next(row for row in await play.rows() if row.target is place)
        assert await play.platform.deliver(row.post) == Delivered(remote_id=str(row.remote_id), url=row.remote_url)
        await assert_posted_once(play, said)
        return
    if place is Target.REPLY:
        await play.outbox().deliver_due(play.platform)
    play.stage.fault(kind)
    await play.deliver()
    assert [row.state for row in await play.rows()].count(OutboxState.UNKNOWN) == 1
    await play.settle()
    await assert_posted_once(play, said)


@pytest.mark.parametrize("fault", ["503", "drop", "hang"])
async def test_a_post_that_was_not_taken_is_sent_again_after_two_looks(play: Play, fault: str) -> None:
    said = await play.ask()
    if play.stage.lost_answers:
        play.stage.fault(fault)
    await play.settle()
    await assert_posted_once(play, said)


@pytest.mark.parametrize(("play", "kind"), kinds(lambda able: able.told_to_wait), indirect=["play"])
async def test_a_post_that_is_told_to_wait_waits_and_is_never_in_doubt(play: Play, kind: str) -> None:
    said = await play.ask()
    if kind:
        play.stage.fault(kind)
        await play.outbox().deliver_due(play.platform)
        states = [row.state for row in await play.rows()]
        assert set(states) == {OutboxState.PENDING}
        assert await play.stage.posts() == []
        await asyncio.sleep(0.05)  # as long as the platform asked for, by its own clock
    await play.settle()
    await assert_posted_once(play, said)


@pytest.mark.parametrize(("play", "kind"), kinds(lambda able: able.broken_reading), indirect=["play"])
async def test_what_is_said_while_reading_is_broken_is_read_once_afterwards(play: Play, kind: str) -> None:
    await play.ask()
    await play.stage.say("@horde draw for me two stars")
    if kind:
        play.stage.set_up(kind)
        # Who hangs says nothing at all: then reading has no end of its own.
        broken = (PlatformDown, ExceptionGroup) + (TimeoutError,) * (kind == "hang")
        most_s = HANGS_S if kind == "hang" else READ_S
        with suppress(*broken):
            await play.read(2, most_s=most_s)
        await play.stage.say("@horde draw for me three stars")
        with suppress(*broken):
            await play.read(3, most_s=most_s)
        play.stage.mend()
        await asyncio.sleep(0.05)
        play = await play.again()
    else:
        await play.stage.say("@horde draw for me three stars")
    await play.read(3)
    await play.stage.say("@horde draw for me four stars")
    await play.read(4)
    assert await play.stored() == 4
    assert not isinstance(play.platform, CountsReads) or play.platform.reads > 0


@pytest.mark.parametrize(("play", "kind"), kinds(lambda able: able.conditions), indirect=["play"])
async def test_under_every_condition_a_post_is_there_once(play: Play, kind: str) -> None:
    if kind:
        play.stage.set_up(kind)
    said = await play.ask()
    for lost in play.stage.lost_answers[:1]:
        play.stage.fault(lost)
    await play.settle()
    await assert_posted_once(play, said)


@pytest.mark.parametrize(("play", "kind"), kinds(lambda able: able.shut_out), indirect=["play"])
async def test_while_the_bot_is_shut_out_its_posts_wait_and_nothing_is_lost(play: Play, kind: str) -> None:
    said = await play.ask()
    if kind:
        play.stage.set_up(kind)
        play = await play.again()
        for _ in range(3):
            with suppress(PlatformDown, PlatformMisconfigured, ExceptionGroup, TimeoutError):
                async with asyncio.timeout(1):
                    await anext(play.platform.events(None))
            with suppress(PlatformMisconfigured):
                await play.deliver()
            play.scene.clock.pass_s(600)
        assert await play.stage.posts() == []
        assert OutboxState.DEAD not in {row.state for row in await play.rows()}
        play.stage.mend()
        play = await play.again()
    await play.settle(passes=40)
    await assert_posted_once(play, said)


@pytest.mark.parametrize(
    ("play", "kind"), kinds(lambda able: able.says_no + able.says_no_in_private), indirect=["play"]
)
@pytest.mark.parametrize("is_lost", [False, True])
async def test_where_the_platform_says_no_the_answer_ends_and_goes_out_once_when_that_was_mended(
    play: Play, kind: str, *, is_lost: bool
) -> None:
    """is_lost: it had been taken before that, and nobody was told."""
    is_private = kind in play.stage.abilities.says_no_in_private
    said = await play.ask(private=is_private)
    if is_lost and kind:
        if not is_private:
            await play.outbox().deliver_due(play.platform)  # the showcase's post
        play.stage.fault(play.stage.lost_answers[0])
        await play.outbox().deliver_due(play.platform)
        assert len([post for post in await play.stage.posts() if post.in_reply_to == said]) == 1
    if kind:
        play.stage.set_up(kind)
        await play.settle()
        answer = next(row for row in await play.rows() if row.target is Target.REPLY)
        assert answer.state is OutboxState.DEAD or is_lost
        assert len([post for post in await play.stage.posts() if post.in_reply_to == said]) == int(is_lost)
        play.stage.mend()
        play = await play.again()
        now_ms = play.scene.clock.now_ms()
        await play.scene.uow.write(lambda tx: requeue_all(tx, platform=play.stage.name, now_ms=now_ms))
    await play.settle()
    if not is_private:
        await assert_posted_once(play, said)
        return
    assert [(post.in_reply_to, post.visibility) for post in await play.stage.posts()] == [(said, Visibility.DIRECT)]
    assert {row.state for row in await play.rows()} == {OutboxState.SENT}
