"""Where something is said on Discord and what its author may do there: threads, and moderators."""

import asyncio

import pytest

from bots.platform import PlatformEvent
from tests.bots.discord.conftest import Guild
from tests.doubles.discord_world import BOT, GUILD, Channel
from tests.stages.discord import SHOWCASE, TALK

THREAD = 13


async def next_of(guild: Guild, cursor: str | None = None) -> PlatformEvent:
    """Returns the first thing that a new life of the adapter is told."""
    async with asyncio.timeout(20):
        event = await anext(guild.platform.events(cursor))
    await guild.platform.close()
    return event


@pytest.mark.parametrize(("channel", "place"), [(TALK, ""), (THREAD, str(THREAD))])
async def test_an_events_place_is_its_thread_and_its_community_the_server(
    guild: Guild, channel: int, place: str
) -> None:
    guild.double.channels[THREAD] = Channel(THREAD, GUILD, parent_id=TALK)
    await guild.double.say(f"<@{BOT}> help", by=guild.stage.ada, channel=channel)
    said = await next_of(guild)
    await guild.double.ask("help", by=guild.stage.ada, channel=channel)
    asked = await next_of(guild)
    assert [(one.place, one.community) for one in (said, asked)] == [(place, str(GUILD))] * 2


async def test_a_thread_that_nobody_told_us_of_is_a_place_too(guild: Guild) -> None:
    events = guild.platform.events(None)
    await guild.stage.say("@horde help")
    await anext(events)
    guild.double.channels[THREAD] = Channel(THREAD, GUILD, parent_id=TALK)
    await guild.double.say(f"<@{BOT}> help", by=guild.stage.ada, channel=THREAD)
    event = await anext(events)
    await guild.platform.close()
    assert (event.place, event.by_moderator) == (str(THREAD), False)


async def test_what_was_missed_in_a_thread_is_in_its_place(guild: Guild) -> None:
    guild.double.channels[THREAD] = Channel(THREAD, GUILD, parent_id=TALK)
    await guild.look_back_in(THREAD)
    seen = guild.double.snowflake()
    guild.clock.pass_s(600)
    await guild.double.say(f"<@{BOT}> help", by=guild.stage.ada, channel=THREAD, is_lost=True)
    assert (await next_of(guild, str(seen))).place == str(THREAD)


@pytest.mark.parametrize("channel", [TALK, THREAD])
async def test_who_looks_after_a_channel_is_known_by_what_discord_lets_them_do(guild: Guild, channel: int) -> None:
    double, bob = guild.double, guild.stage.bob
    double.channels[THREAD] = Channel(THREAD, GUILD, parent_id=TALK)
    double.moderators.add(bob["id"])
    events = guild.platform.events(None)
    found = []
    for person in (guild.stage.ada, bob):
        await double.say(f"<@{BOT}> help", by=person, channel=channel)
        found.append((await anext(events)).by_moderator)
        await double.ask("help", by=person, channel=channel)
        found.append((await anext(events)).by_moderator)
    await guild.platform.close()
    assert found == [False, False, True, True]


@pytest.mark.parametrize("how", ["reply", "button"])
async def test_a_moderator_takes_anyones_result_away_and_others_do_not(guild: Guild, how: str) -> None:
    double, bob = guild.double, guild.stage.bob
    await guild.play.ask()
    await guild.play.settle()
    (answer,) = double.said(TALK)

    async def delete(events: int) -> None:
        if how == "reply":
            await double.say(f"<@{BOT}> delete", by=bob, answers=int(answer["id"]))
            await guild.read_and_settle(events)
            return
        async with guild.heard():
            await double.response(await double.press(int(answer["id"]), "Delete", by=bob))
        await guild.read_and_settle(events)

    await delete(2 if how == "reply" else 1)
    assert answer in double.said(TALK)
    assert len(double.said(SHOWCASE)) == 1
    double.moderators.add(bob["id"])
    guild.play = await guild.play.again()
    await delete(3 if how == "reply" else 2)
    assert answer not in double.said(TALK)
    assert double.said(SHOWCASE) == []
