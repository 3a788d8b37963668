"""A party on Discord: one announcement with one thread, whatever is lost, and every guest's kudos."""

import asyncio
from typing import Any

import pytest

from bots.discord.threads import quiet_minutes
from bots.platform import Delivered, Found, Post, Refused, Target
from bots.runner import Runner
from bots.store.parties import party_places
from bots.store.rows import OutboxState
from bots.supervisor import Rhythm
from core.domain.ids import MINT
from core.domain.kudos.ledger import TransferReason
from core.ports.store import Transaction
from core.services.kudos.audit import audit
from core.services.kudos.transfer import transfer
from core.services.people.identify import identify
from tests.bots.discord.conftest import Guild
from tests.doubles.discord import EPHEMERAL, POST_MESSAGE, POST_THREAD
from tests.doubles.discord_gateway import Json
from tests.doubles.discord_world import BOT, GUILD, Channel, user
from tests.stages.discord import TALK

LOST = ("accept-then-503", "accept-then-500", "accept-then-drop", "accept-then-hang")


async def enrich(guild: Guild, person: Json, kudos: int) -> None:
    """Someone has so many kudos more."""

    def give(tx: Transaction) -> None:
        account = identify(tx, platform="discord", external_id=person["id"], display_name="ada", now_ms=1)
        transfer(
            tx,
            transfer_id=f"test:{person['id']}",
            from_id=MINT,
            to_id=account.id,
            amount_mk=kudos * 1_000,
            reason=TransferReason.AWARD,
            now_ms=1,
        )

    await guild.play.scene.uow.write(give)


async def kudos_of(guild: Guild, person: Json) -> tuple[int, int]:
    """Returns what someone has available and what is held, in millikudos."""
    account = await guild.play.scene.uow.read(
        lambda tx: tx.accounts.by_identity(platform="discord", external_id=person["id"])
    )
    assert account is not None
    return account.available_mk, account.held_mk


async def settled(guild: Guild) -> None:
    """All that comes of what is in the inbox has happened, and parties have taken note."""
    await guild.play.make()
    await guild.play.settle()
    await guild.play.scene.take_turns(guild.platform)
    await guild.play.settle()


async def asked_for(guild: Guild, **options: Any) -> None:
    """Ada's wish for a party is in the inbox, with what the desk makes of it in the outbox."""
    await enrich(guild, guild.stage.ada, 100)
    await guild.double.ask("party", by=guild.stage.ada, theme="Winter animals", **options)
    await guild.play.read(1)
    await guild.play.make()


def threads(guild: Guild) -> list[Channel]:
    """Returns the threads that there are."""
    return [one for one in guild.double.channels.values() if one.parent_id is not None]


def opened(guild: Guild) -> Channel:
    """Returns the one thread that there is; its announcement is the one message of ours in the channel."""
    (announced,) = guild.double.said(TALK)
    (thread,) = threads(guild)
    assert int(announced["id"]) == thread.id
    return thread


async def open_place(guild: Guild) -> str:
    """Returns the thread of the party that is on, "" while there is none."""
    places = await guild.play.scene.uow.read(lambda tx: party_places(tx, platform="discord", limit=1))
    return next(iter(places), "")


async def party_post(guild: Guild) -> Post:
    """Returns what opens the party, as the outbox has it."""
    return next(row.post for row in await guild.play.rows() if row.target is Target.PARTY)


async def test_a_whole_party(guild: Guild) -> None:
    double, ada, bob, cleo = guild.double, guild.stage.ada, guild.stage.bob, user(1004, "cleo")
    await enrich(guild, ada, 100)
    rules: dict[str, Any] = {"style": "ocean", "words": "fox, owl", "award": 5, "guests": 3, "hours": 30}
    asked = await double.ask("party", by=ada, theme="Winter animals", **rules)
    await guild.play.read(1)
    await settled(guild)
    thread = opened(guild)
    (announced,) = double.said(TALK)
    assert asked.original is not None
    assert asked.original["flags"] == EPHEMERAL
    assert "15 kudos were set aside" in asked.original["content"]
    assert (thread.name, thread.quiet_minutes) == ("Winter animals", 4_320)
    for rule in ("Winter animals", "“ocean”", "fox, owl", "first 3 guests", "5 kudos", "30 hours"):
        assert rule in announced["content"]
    assert "message_reference" not in announced
    assert await kudos_of(guild, ada) == (85_000, 15_000)

    await double.say(f"<@{BOT}> draw for me a fox", by=bob, channel=thread.id)
    await double.ask("draw", by=cleo, prompt="an owl", channel=thread.id)
    await double.say(f"<@{BOT}> draw for me an owl", by=bob, channel=thread.id)
    await double.say(f"<@{BOT}> draw for me a cat", by=cleo, channel=thread.id)
    await guild.play.read(5)
    await settled(guild)
    answers = [one["content"] for one in double.said(thread.id)]
    assert sum("You got 5 kudos for joining “Winter animals”" in one for one in answers) == 2
    assert sum("needs one of these words: fox, owl" in one for one in answers) == 1
    assert sum(bool(one["attachments"]) for one in double.said(thread.id)) == 3
    assert await kudos_of(guild, ada) == (85_000, 5_000)

    ended = await double.ask("party-end", by=ada, channel=thread.id)
    await guild.play.read(6)
    await settled(guild)
    assert ended.original is not None
    assert "5 kudos came back to you" in ended.original["content"]
    last = double.said(thread.id)[-1]["content"]
    assert "is over. 2 guests drew along. Together they got 10 kudos." in last
    assert await kudos_of(guild, ada) == (90_000, 0)
    assert (await guild.play.scene.uow.read(audit)).ok


async def test_the_running_bots_open_a_party_and_end_it_when_its_time_is_over(guild: Guild) -> None:
    scene, platform = guild.play.scene, guild.platform
    runner = Runner(
        uow=scene.uow,
        clock=scene.clock,
        horde=scene.horde,
        shelf=scene.shelf,
        platforms=[platform],
        places={"discord": "discord"},
        rooms=scene.rooms(platform),
        rhythm=Rhythm(tick_s=0.02),
    )
    await guild.double.say(f"<@{BOT}> party Foxes hours: 2", by=guild.stage.ada)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(runner.run())
        while not await open_place(guild):  # noqa: ASYNC110 - a row gives no event
            await asyncio.sleep(0.02)
        thread = opened(guild)
        assert await open_place(guild) == str(thread.id)
        guild.clock.pass_s(2 * 3_600 + 1)
        while not guild.double.said(thread.id):  # noqa: ASYNC110 - the double gives no event
            await asyncio.sleep(0.02)
        await runner.stop()
    (last,) = guild.double.said(thread.id)
    assert "The party “Foxes” is over." in last["content"]
    assert await open_place(guild) == ""


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("route", [POST_MESSAGE, POST_THREAD])
async def test_a_lost_answer_makes_neither_a_second_message_nor_a_second_thread(
    guild: Guild, route: str, fault: str
) -> None:
    await asked_for(guild)
    guild.double.faults.append((route, fault))
    await settled(guild)
    assert guild.double.faults == []
    thread = opened(guild)
    (row,) = [one for one in await guild.play.rows() if one.target is Target.PARTY]
    assert (row.state, row.remote_id) == (OutboxState.SENT, str(thread.id))
    await guild.double.ask("party-end", by=guild.stage.ada, channel=thread.id)
    guild.double.faults.append((POST_MESSAGE, fault))
    await guild.play.read(2)
    await settled(guild)
    assert sum("is over. Nobody came" in one["content"] for one in guild.double.said(thread.id)) == 1


@pytest.mark.parametrize("fault", ["503", "drop", "429"])
@pytest.mark.parametrize("route", [POST_MESSAGE, POST_THREAD])
async def test_a_call_that_did_nothing_is_made_again(guild: Guild, route: str, fault: str) -> None:
    await asked_for(guild)
    guild.double.faults.append((route, fault))
    await settled(guild)
    assert guild.double.faults == []
    opened(guild)


async def test_who_dies_between_message_and_thread_makes_the_thread_in_the_next_life(guild: Guild) -> None:
    await asked_for(guild)
    guild.double.faults.append((POST_THREAD, "hang"))
    dying = asyncio.get_running_loop().create_task(guild.play.deliver())
    async with asyncio.timeout(10):
        while guild.double.calls[POST_THREAD] == 0:  # noqa: ASYNC110 - the double gives no event
            await asyncio.sleep(0.01)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert (len(guild.double.said(TALK)), threads(guild)) == (1, [])
    guild.play = await guild.play.again()
    guild.clock.pass_s(600)
    guild.double._nonces.clear()  # Discord remembers them for some minutes only
    await settled(guild)
    opened(guild)


async def said_why(guild: Guild) -> str:
    """Returns what the opener reads in private when nothing came of the party; everything was given back."""
    assert await kudos_of(guild, guild.stage.ada) == (100_000, 0)
    assert (await guild.play.scene.uow.read(audit)).ok
    (told,) = guild.double.said(guild.double.direct(guild.stage.ada).id)
    return str(told["content"])


@pytest.mark.parametrize("lacks", ["threads", "messages"])
async def test_where_the_bot_may_not_the_opener_is_told_and_has_everything_back(guild: Guild, lacks: str) -> None:
    room = guild.double.channels[TALK]
    room.may_thread, room.is_shut = lacks != "threads", lacks == "messages"
    await asked_for(guild, award=5)
    await settled(guild)
    assert (guild.double.said(TALK), threads(guild)) == ([], [])
    assert "could not open a thread for the party “Winter animals”" in await said_why(guild)
    (reason,) = [row.reason for row in await guild.play.rows() if row.target is Target.PARTY]
    assert "50013" in reason


@pytest.mark.parametrize("fault", ["", "accept-then-503"])
async def test_where_the_bot_may_not_read_the_past_a_party_is_announced_once(guild: Guild, fault: str) -> None:
    guild.double.channels[TALK].hides_past = True
    await asked_for(guild, award=5)
    await guild.double.say("what fun", by=guild.stage.bob)
    if fault:
        guild.stage.fault(fault)
        await guild.play.outbox().deliver_due(guild.platform)
        guild.clock.pass_s(600)  # Discord has forgotten the nonce
    await settled(guild)
    assert len([one for one in guild.double.said(TALK) if "Winter animals" in one["content"]]) == 1
    assert len(threads(guild)) == (not fault)


async def test_a_refused_thread_whose_announcement_cannot_be_taken_away_yet_leaves_none_in_the_end(
    guild: Guild,
) -> None:
    guild.double.channels[TALK].may_thread = False
    await asked_for(guild, award=5)
    guild.double.faults.append(("DELETE /channels/{c}/messages/{m}", "503"))
    await settled(guild)
    assert guild.double.said(TALK) == []
    assert "could not open a thread" in await said_why(guild)


async def test_a_thread_has_no_threads(guild: Guild) -> None:
    guild.double.channels[13] = Channel(13, GUILD, parent_id=TALK)
    await enrich(guild, guild.stage.ada, 100)
    await guild.double.say(f"<@{BOT}> party Foxes award: 5", by=guild.stage.ada, channel=13)
    await guild.play.read(1)
    await settled(guild)
    assert guild.double.said(13) == []
    assert await kudos_of(guild, guild.stage.ada) == (100_000, 0)


@pytest.mark.parametrize("state", ["archived", "locked"])
async def test_the_last_words_open_an_archived_thread_and_give_up_on_a_locked_one(guild: Guild, state: str) -> None:
    await asked_for(guild, hours=1)
    await settled(guild)
    thread = opened(guild)
    thread.is_archived, thread.is_locked = True, state == "locked"
    guild.clock.pass_s(3_601)
    await guild.play.scene.take_turns(guild.platform)
    await guild.play.settle()
    (row,) = [one for one in await guild.play.rows() if one.target is Target.PARTY_END]
    is_locked = state == "locked"
    assert row.state is (OutboxState.DEAD if is_locked else OutboxState.SENT)
    assert thread.is_archived is is_locked
    assert len(guild.double.said(thread.id)) == (not is_locked)


async def test_a_threads_id_is_edited_and_taken_away_as_its_announcement(guild: Guild) -> None:
    await asked_for(guild)
    await settled(guild)
    post, thread = await party_post(guild), opened(guild)
    guild.play = await guild.play.again()
    platform = guild.play.platform
    assert isinstance(await platform.reconcile(post), Found)
    assert isinstance(await platform.edit(str(thread.id), post), Delivered)
    for _ in range(2):
        assert isinstance(await platform.delete(str(thread.id)), Delivered)
    assert guild.double.said(TALK) == []
    assert isinstance(await platform.edit("77", post), Refused)
    assert isinstance(await platform.delete("77"), Delivered)
    assert isinstance(await platform.delete("no place"), Refused)


async def test_what_was_missed_in_a_party_is_read_later_without_being_opted_in(guild: Guild) -> None:
    await asked_for(guild, award=5)
    await settled(guild)
    thread, seen = opened(guild), guild.double.snowflake()
    guild.play = await guild.play.again()
    guild.clock.pass_s(600)
    await guild.double.say(f"<@{BOT}> draw for me a fox", by=guild.stage.bob, channel=thread.id, is_lost=True)
    async with asyncio.timeout(20):
        event = await anext(guild.platform.events(str(seen)))
    await guild.platform.close()
    assert (event.text, event.place) == ("@horde draw for me a fox", str(thread.id))


def test_a_thread_stays_in_sight_for_as_long_as_its_party_where_discord_can() -> None:
    spans = {0: 60, 1: 60, 2: 1_440, 24: 1_440, 25: 4_320, 72: 4_320, 168: 10_080}
    assert {hours: quiet_minutes(hours) for hours in spans} == spans
