"""What goes wrong on Discord: nothing is lost, nothing doubled, and each outage is told once at each end."""

import asyncio
import logging
from dataclasses import replace

import pytest

from bots.discord.adapter import DiscordPlatform
from bots.discord.check import try_out
from bots.discord.known import Known
from bots.platform import (
    Absent,
    Author,
    Delivered,
    EventKind,
    Found,
    PlatformEvent,
    PlatformMisconfigured,
    Post,
    Refused,
    RetryAt,
    Target,
    Visibility,
)
from bots.store.ids import new_id
from bots.store.rows import OutboxState
from tests.bots.discord.conftest import Guild
from tests.doubles.discord import POST_MESSAGE
from tests.doubles.discord_world import BOT, GUILD, Channel
from tests.stages.discord import SHOWCASE, TALK


async def next_of(guild: Guild, cursor: str | None = None) -> PlatformEvent:
    """Returns the first thing that a new life of the adapter is told."""
    async with asyncio.timeout(20):
        event = await anext(guild.platform.events(cursor))
    await guild.platform.close()
    return event


def notice(guild: Guild) -> Post:
    commission = new_id(guild.clock.now_ms())
    return Post(
        outbox_id="",
        commission_id=commission,
        idempotency_key=f"{commission}:notice",
        platform="discord",
        target=Target.NOTICE,
        text="You gave 10 kudos.",
        to=Author(external_id="1001", display_name="ada"),
        visibility=Visibility.DIRECT,
        label="",
    )


async def test_what_was_said_in_an_opted_in_channel_while_nobody_listened_is_read_later(guild: Guild) -> None:
    await guild.look_back_in(TALK)
    seen = guild.double.snowflake()
    guild.clock.pass_s(600)
    await guild.double.say("not for the bot", by=guild.stage.bob, is_lost=True)
    said = await guild.double.say(f"<@{BOT}> draw for me a cat", by=guild.stage.ada, is_lost=True)
    event = await next_of(guild, str(seen))
    assert (event.event_id, event.text, event.kind) == (f"m{said}", "@horde draw for me a cat", EventKind.MENTION)
    assert (event.community, event.author.display_name) == (str(GUILD), "ada")
    # The next life looks from there on, and the inbox keeps each message once.
    await guild.play.read(0)
    async with guild.heard():
        await guild.double.ask("help", by=guild.stage.ada)
        while await guild.play.stored() < 1:  # noqa: ASYNC110 - a row gives no event
            await asyncio.sleep(0.02)


async def test_a_life_that_ended_before_it_stored_anything_loses_no_mention(guild: Guild) -> None:
    """Without a cursor the channels are read ten minutes back, and no further."""
    await guild.look_back_in(TALK)
    await guild.double.say(f"<@{BOT}> status", by=guild.stage.ada, is_lost=True)
    guild.clock.pass_s(630)
    heard = await guild.double.say(f"<@{BOT}> help", by=guild.stage.ada, is_lost=True)
    events = guild.platform.events(None)
    async with asyncio.timeout(10):
        event = await anext(events)
    assert event.event_id == f"m{heard}"
    await guild.platform.close()


async def test_a_session_that_was_forgotten_before_anything_was_heard_loses_no_mention(guild: Guild) -> None:
    """However long it was quiet: without a cursor the channels are read from ten minutes before this life on."""
    await guild.look_back_in(TALK)
    async with guild.heard(), asyncio.timeout(30):
        while not await is_caught_up(guild.platform):  # noqa: ASYNC110 - Discord gives no sign of it
            await asyncio.sleep(0.02)
        guild.double.gateway.is_forgetful = True
        await guild.double.say(f"<@{BOT}> status", by=guild.stage.ada, is_lost=True)
        guild.clock.pass_s(3_600)
        await guild.double.gateway.drop()
        while await guild.play.stored() < 1:  # noqa: ASYNC110 - a row gives no event
            await asyncio.sleep(0.02)


async def test_a_session_that_discord_forgot_loses_no_mention_and_moves_the_cursor_on(guild: Guild) -> None:
    await guild.look_back_in(TALK)
    first = await guild.stage.say("@horde help")
    events = guild.platform.events(None)
    assert (await anext(events)).remote_id == first
    while not await is_caught_up(guild.platform):  # noqa: ASYNC110 - Discord gives no sign of it
        await asyncio.sleep(0.05)
    second = await guild.stage.say("@horde styles")
    event = await anext(events)
    while event.remote_id == first:  # it was also found by looking back; the inbox keeps it once
        event = await anext(events)
    assert (event.remote_id, event.cursor) == (second, second.partition(".")[2])
    guild.double.gateway.is_forgetful = True
    lost = await guild.double.say(f"<@{BOT}> status", by=guild.stage.ada, is_lost=True)
    await guild.double.gateway.drop()
    async with asyncio.timeout(30):
        while event.event_id != f"m{lost}":
            event = await anext(events)
    assert (guild.double.gateway.identified, guild.double.gateway.resumed) == (2, 0)
    await guild.platform.close()


async def test_a_post_whose_commission_tells_no_time_is_looked_for_from_the_beginning(guild: Guild) -> None:
    """It was a ValueError once, which ended the search with neither an answer nor a doubt."""
    post = replace(notice(guild), commission_id="made by hand")
    assert isinstance(await guild.platform.reconcile(post), Absent)
    assert isinstance(await guild.platform.deliver(post), Delivered)
    guild.clock.pass_s(3 * 24 * 3_600)
    assert isinstance(await guild.platform.reconcile(post), Found)


async def is_caught_up(platform: DiscordPlatform) -> bool:
    """Tells whether the adapter's own connection has looked back: nothing outside shows it."""
    gate = platform._gate
    return gate is not None and gate._has_caught_up


async def test_a_vote_that_was_put_on_while_nobody_listened_counts_once(guild: Guild) -> None:
    await guild.play.ask()
    await guild.play.settle()
    (answer,) = guild.double.said(TALK)
    for person, sign in ((guild.stage.ada, "👍"), (guild.stage.bob, "👎"), (guild.stage.bob, "💎")):
        await guild.double.react(int(answer["id"]), sign, by=person, is_lost=True)
    guild.play = await guild.play.again()
    await guild.read_and_settle(4)
    commission = (await guild.play.rows())[0].commission_id
    rating = await guild.play.rating(commission)
    assert (rating.up, rating.down) == (1, 1)
    guild.play = await guild.play.again()
    async with guild.heard():
        while not await is_caught_up(guild.platform):  # noqa: ASYNC110 - Discord gives no sign of it
            await asyncio.sleep(0.05)
    assert await guild.play.stored() == 4


async def test_a_reaction_on_anyones_message_is_a_mark_and_a_vote_on_ours_stays_a_vote(guild: Guild) -> None:
    said = await guild.double.say("look", by=guild.stage.bob)
    ours = await guild.double.say("a result", by=guild.double.bot)
    events = guild.platform.events(None)
    for message, sign, is_added in (
        (said, "💎", True),
        (said, "⭐", True),
        (ours, "⭐", True),
        (ours, "gem:77", True),
        (said, "💎", False),
    ):
        await guild.double.react(message, sign, by=guild.stage.ada, is_added=is_added)
    found = [await anext(events) for _ in range(5)]
    await guild.platform.close()
    assert [(one.kind, one.mark, one.value) for one in found] == [
        (EventKind.REACTION, "💎", 1),
        (EventKind.REACTION, "⭐", 1),
        (EventKind.VOTE, "⭐", 1),
        (EventKind.REACTION, "77", 1),
        (EventKind.REACTION, "💎", 0),
    ]
    assert [one.about.external_id if one.about else None for one in found] == ["1002", "1002", "900", "900", None]
    assert found[0].author.display_name == "ada"


async def test_marks_that_mean_nothing_are_no_rows(guild: Guild) -> None:
    said = await guild.double.say("look", by=guild.stage.bob)
    scene = guild.play.scene
    known = Known(uow=scene.uow, shelf=scene.shelf, horde=scene.horde, clock=scene.clock, counts="💎".__eq__)
    guild.platform.learn(known)
    events = guild.play.platform.events(None)
    for sign in ("🎉", "👍", "💎"):
        await guild.double.react(said, sign, by=guild.stage.ada)
    assert (await anext(events)).mark == "💎"
    await guild.platform.close()


async def test_age_restriction_is_the_channels_and_a_threads_is_its_channels(guild: Guild) -> None:
    guild.double.channels[TALK].is_nsfw = True
    guild.double.channels[13] = Channel(13, GUILD, parent_id=TALK)
    guild.double.channels[14] = Channel(14, GUILD, parent_id=SHOWCASE)
    expected = {TALK: True, SHOWCASE: False, 13: True, 14: False}
    for channel, is_nsfw in expected.items():
        await guild.double.say(f"<@{BOT}> help", by=guild.stage.ada, channel=channel)
        assert (await next_of(guild)).place_nsfw is is_nsfw
        await guild.double.ask("help", by=guild.stage.ada, channel=channel)
        assert (await next_of(guild)).place_nsfw is is_nsfw


async def test_what_is_not_for_everyone_is_not_shown_in_a_channel_for_everyone(guild: Guild) -> None:
    await guild.play.ask()
    row = next(one for one in await guild.play.rows() if one.target is Target.SHOWCASE)
    unsafe = replace(row.post, nsfw=True)
    assert isinstance(await guild.platform.deliver(unsafe), Refused)
    guild.double.channels[SHOWCASE].is_nsfw = True
    guild.play = await guild.play.again()
    assert isinstance(await guild.platform.deliver(unsafe), Delivered)
    (shown,) = guild.double.said(SHOWCASE)
    assert shown["attachments"][0]["filename"].startswith("SPOILER_")


async def test_a_notice_goes_by_direct_message_once_and_is_refused_where_those_are_closed(guild: Guild) -> None:
    first, private = notice(guild), guild.double.direct(guild.stage.ada)
    delivered = await guild.platform.deliver(first)
    assert isinstance(delivered, Delivered)
    assert isinstance(await guild.platform.reconcile(first), Found)
    (told,) = guild.double.said(private.id)
    assert told["content"].startswith("You gave 10 kudos.")
    private.is_shut = True
    refused = await guild.platform.deliver(notice(guild))
    assert isinstance(refused, Refused)
    assert "50007" in refused.reason


async def test_posts_keep_the_pace_that_the_headers_tell(guild: Guild) -> None:
    guild.double.limits.routes[POST_MESSAGE] = (2, 0.4)
    for number in range(4):
        await guild.stage.say(f"@horde styles {number}")
    await guild.read_and_settle(4)
    assert len(guild.double.said(TALK)) == 4
    assert guild.double.limits.throttled == 0


@pytest.mark.parametrize(("kind", "wait_s"), [("429-long", 120), ("429-banned", 300), ("429-banned-silent", 15)])
async def test_a_post_comes_again_when_discord_says_or_soon(guild: Guild, kind: str, wait_s: int) -> None:
    """discord.py waits itself for half a minute at most, and never for the proxy before Discord."""
    guild.double.faults.append((POST_MESSAGE, kind))
    told, now_ms = await guild.platform.deliver(notice(guild)), guild.clock.now_ms()
    assert isinstance(told, RetryAt)
    assert told.at_ms == now_ms + wait_s * 1_000
    assert guild.double.calls[POST_MESSAGE] == 1


async def test_an_outage_of_the_gateway_is_one_line_when_it_begins_and_one_when_it_ends(
    guild: Guild, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await guild.stage.say("@horde help")
    events = guild.platform.events(None)
    await anext(events)
    guild.stage.outage(is_down=True)
    await guild.double.gateway.drop()
    async with asyncio.timeout(20):
        while "discord.gateway_down" not in caplog.text:  # noqa: ASYNC110 - a log gives no event
            await asyncio.sleep(0.02)
    await asyncio.sleep(1.5)  # discord.py tries again in vain, with a line of its own for each time
    guild.stage.outage(is_down=False)
    said = await guild.stage.say("@horde styles")
    async with asyncio.timeout(30):
        assert (await anext(events)).remote_id == said
        while "discord.gateway_up" not in caplog.text:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.02)
    await guild.platform.close()
    lines = [one.getMessage() for one in caplog.records if one.levelno >= logging.INFO and "discord" in one.name]
    assert [one for one in lines if not one.startswith("discord.commands_told")] == [
        "discord.gateway_down",
        "discord.gateway_up",
    ]


async def test_refused_intents_tell_what_to_do_and_do_not_blame_the_token(guild: Guild) -> None:
    guild.double.gateway.closes_with = 4014
    with pytest.raises(PlatformMisconfigured, match="refuses the bot's intents") as caught:
        await anext(guild.platform.events(None))
    assert "Reset the token" not in str(caught.value)


async def test_the_doctor_tries_the_channels_where_missed_mentions_are_read(guild: Guild) -> None:
    access = replace(guild.stage.access, channels=(TALK, 99))
    told = [(one.what, bool(one.next_step)) async for one in try_out(access)]
    assert told == [("account", False), ("showcase", False), ("channels", False), ("channels", True)]


async def test_where_the_bot_was_banned_posts_end_and_others_go_on(guild: Guild) -> None:
    await guild.play.ask()
    guild.double.channels[TALK].is_shut = True
    await guild.play.settle()
    states = {row.target: row.state for row in await guild.play.rows()}
    assert states == {Target.REPLY: OutboxState.DEAD, Target.SHOWCASE: OutboxState.SENT}


async def test_a_post_is_found_although_our_ids_run_ahead_of_a_clock_that_went_back(guild: Guild) -> None:
    """A flake once: whoever had made ids at a later time before made showcase posts look absent."""
    new_id(guild.clock.now_ms() + 3 * 24 * 3_600_000)
    await guild.play.ask()
    await guild.play.settle()
    guild.play = await guild.play.again()
    for row in await guild.play.rows():
        assert isinstance(await guild.play.platform.reconcile(row.post), Found)


async def test_where_the_bot_may_not_read_the_past_nothing_is_said_twice(guild: Guild) -> None:
    """Discord shows an empty channel then, which was taken for a proof that nothing had arrived."""
    await guild.play.ask()
    guild.double.channels[SHOWCASE].hides_past = True
    guild.stage.fault("accept-then-503")
    await guild.play.outbox().deliver_due(guild.platform)
    guild.clock.pass_s(600)  # Discord has forgotten the nonce
    await guild.play.settle()
    assert len(guild.double.said(SHOWCASE)) == 1
    states = {row.target: row.state for row in await guild.play.rows()}
    assert states == {Target.REPLY: OutboxState.SENT, Target.SHOWCASE: OutboxState.UNKNOWN}
    guild.double.channels[SHOWCASE].hides_past = False
    await guild.play.settle(passes=30)
    assert {row.state for row in await guild.play.rows()} == {OutboxState.SENT}
    assert len(guild.double.said(SHOWCASE)) == 1


async def test_the_doctor_tells_of_a_channel_that_hides_its_past(guild: Guild) -> None:
    await guild.double.say("hello", by=guild.stage.ada)
    guild.double.channels[TALK].hides_past = True
    told = [one async for one in try_out(replace(guild.stage.access, channels=(TALK,)))]
    assert [(one.what, bool(one.next_step)) for one in told][-1] == ("channels", True)
