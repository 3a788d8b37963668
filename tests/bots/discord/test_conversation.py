"""The whole conversation on Discord: commands, buttons and mentions, with what only their author may see."""

import asyncio

import pytest
from sqlalchemy import func, select

from bots.discord.asking.commands import ENTRIES
from bots.platform import Delivered, Found, PlatformMisconfigured
from bots.runner import Runner
from bots.store.rows import CommissionState, OutboxState
from bots.store.tables import commissions as table
from bots.supervisor import Rhythm
from core.store import connection_of
from tests.bots.discord.conftest import Guild
from tests.doubles.discord import EPHEMERAL, LOADING, PATCH_ORIGINAL, POST_MESSAGE, TOKEN_MS
from tests.stages.discord import SHOWCASE, TALK


async def read_and_settle(guild: Guild, events: int) -> None:
    await guild.play.read(events)
    await guild.play.make()
    await guild.play.settle()


async def accepted(guild: Guild, commissions: int) -> bool:
    """Tells whether so many commissions wait for the horde."""

    def count(tx: object) -> int:
        query = select(func.count()).select_from(table).where(table.c.state == CommissionState.ACCEPTED.value)
        return int(connection_of(tx).scalar(query) or 0)  # type: ignore[arg-type]  # any transaction reads

    return await guild.play.scene.uow.read(count) == commissions


async def test_a_slash_command_is_answered_where_it_was_asked_and_shown_once(guild: Guild) -> None:
    asked = await guild.double.ask("draw", by=guild.stage.ada, prompt="a red heart", n=2)
    await read_and_settle(guild, 1)
    (answer,) = guild.double.said(TALK)
    (shown,) = guild.double.said(SHOWCASE)
    assert answer["content"].startswith("<@1001> ")
    assert "AI generated" in answer["content"]
    assert [len(one["attachments"]) for one in (answer, shown)] == [2, 2]
    assert "a red heart" in answer["attachments"][0]["description"]
    assert asked.original is not None
    assert asked.original["flags"] == EPHEMERAL
    assert f"/channels/500/{TALK}/{answer['id']}" in asked.original["content"]


async def test_what_is_wrong_with_an_order_is_told_to_its_author_alone(guild: Guild) -> None:
    asked = await guild.double.ask("draw", by=guild.stage.ada, prompt="a cat", style="no such style")
    await read_and_settle(guild, 1)
    assert asked.original is not None
    assert asked.original["flags"] == EPHEMERAL
    assert "do not know that style" in asked.original["content"]
    assert guild.double.said(TALK) == []


async def test_a_private_order_is_seen_by_its_author_alone_and_not_shown(guild: Guild) -> None:
    asked = await guild.double.ask("draw", by=guild.stage.ada, prompt="a cat", private=True)
    await read_and_settle(guild, 1)
    assert asked.original is not None
    assert asked.original["flags"] == EPHEMERAL
    assert len(asked.original["attachments"]) == 1
    assert guild.double.said(TALK) == guild.double.said(SHOWCASE) == []


async def test_a_private_order_whose_token_has_died_is_answered_by_a_direct_message(guild: Guild) -> None:
    asked = await guild.double.ask("draw", by=guild.stage.ada, prompt="a cat", private=True)
    await guild.play.read(1)
    guild.clock.pass_s(TOKEN_MS / 1_000 + 60)
    await guild.play.make()
    await guild.play.settle()
    (told,) = guild.double.said(guild.double.direct(asked.user).id)
    assert len(told["attachments"]) == 1
    assert guild.double.said(TALK) == guild.double.said(SHOWCASE) == []


async def test_where_the_bot_may_not_write_the_interaction_is_answered(guild: Guild) -> None:
    guild.double.channels[TALK].is_shut = True
    asked = await guild.double.ask("draw", by=guild.stage.ada, prompt="a cat")
    await read_and_settle(guild, 1)
    assert asked.original is not None
    assert len(asked.original["attachments"]) == 1


@pytest.mark.parametrize("fault", ["accept-then-503", "accept-then-drop", "429"])
async def test_an_answer_to_an_interaction_is_made_once(guild: Guild, fault: str) -> None:
    asked = await guild.double.ask("help", by=guild.stage.ada)
    await guild.play.read(1)
    await guild.play.make()
    guild.double.faults.append((PATCH_ORIGINAL, fault))
    await guild.play.settle()
    assert asked.original is not None
    assert not asked.original["flags"] & LOADING
    assert [row.state for row in await guild.play.rows()] == [OutboxState.SENT]
    assert guild.double.said(TALK) == []


async def test_a_500_after_the_message_was_taken_makes_no_second_one(guild: Guild) -> None:
    await guild.play.ask()
    guild.double.faults.append((POST_MESSAGE, "accept-then-500"))
    await guild.play.settle()
    assert len(guild.double.said(TALK)) == len(guild.double.said(SHOWCASE)) == 1
    assert guild.double.calls[POST_MESSAGE] == 3  # discord.py itself sent it again: one nonce, one message


async def test_buttons_work_after_a_restart_and_for_their_owner_alone(guild: Guild) -> None:
    await guild.play.ask()
    await guild.play.settle()
    guild.play = await guild.play.again()
    (answer,) = guild.double.said(TALK)
    stranger = await guild.double.press(int(answer["id"]), "Delete", by=guild.stage.bob)
    await guild.double.press(int(answer["id"]), "Again", by=guild.stage.ada)
    await read_and_settle(guild, 2)
    assert stranger.original is not None
    assert "someone else's" in stranger.original["content"]
    assert len(guild.double.said(TALK)) == len(guild.double.said(SHOWCASE)) == 2
    asked = await guild.double.press(int(answer["id"]), "Delete", by=guild.stage.ada)
    await read_and_settle(guild, 3)
    assert answer not in guild.double.said(TALK)
    assert len(guild.double.said(TALK)) == len(guild.double.said(SHOWCASE)) == 1
    assert asked.original is not None
    assert not asked.original["flags"] & LOADING


async def test_a_slow_store_costs_no_interaction(guild: Guild) -> None:
    """Nobody stores what is heard here: after a second and a half it is acknowledged all the same."""
    events = guild.play.platform.events(None)
    asked = await guild.double.ask("help", by=guild.stage.ada)
    event = await anext(events)
    async with asyncio.timeout(10):
        while asked.original is None:  # noqa: ASYNC110 - the double gives no event
            await asyncio.sleep(0.02)
    assert event.text == "help"
    assert asked.original["flags"] == EPHEMERAL | LOADING
    await guild.play.platform.close()


async def test_a_dropped_gateway_is_resumed_and_nothing_is_missed(guild: Guild) -> None:
    await guild.stage.say("@horde help")
    events = guild.play.platform.events(None)
    await anext(events)
    await guild.double.gateway.drop()
    said = await guild.stage.say("@horde styles")
    async with asyncio.timeout(20):
        event = await anext(events)
    assert event.remote_id == said
    assert (guild.double.gateway.identified, guild.double.gateway.resumed) == (1, 1)
    await guild.play.platform.close()


@pytest.mark.parametrize("code", [4004, 4014])
async def test_a_closing_code_that_only_a_person_can_mend_is_said(guild: Guild, code: int) -> None:
    guild.double.gateway.closes_with = code
    with pytest.raises(PlatformMisconfigured, match="HORDE_DISCORD_TOKEN"):
        await anext(guild.play.platform.events(None))


async def test_a_revoked_token_is_said_and_ends_nothing_else(guild: Guild) -> None:
    guild.double.token = "another"
    with pytest.raises(PlatformMisconfigured, match="HORDE_DISCORD_TOKEN"):
        await anext(guild.play.platform.events(None))


async def test_words_of_others_are_neither_heard_nor_do_they_call_anyone(guild: Guild) -> None:
    await guild.double.say("draw for me a cat", by=guild.stage.ada)
    await guild.stage.say("@horde draw for me @everyone")
    await read_and_settle(guild, 1)
    assert await guild.play.stored() == 1


async def test_the_commands_are_told_once(guild: Guild) -> None:
    for text in ("@horde help", "@horde styles"):
        await guild.stage.say(text)
        await guild.play.read(await guild.play.stored() + 1)
    assert {one["name"] for one in guild.double.commands} == {entry.name for entry in ENTRIES}
    assert guild.double.calls["PUT /applications/{a}/commands"] == 1


async def test_the_running_bots_answer_a_mention_and_a_command(guild: Guild) -> None:
    scene, platform = guild.play.scene, guild.play.platform
    runner = Runner(
        uow=scene.uow,
        clock=scene.clock,
        horde=scene.horde,
        shelf=scene.shelf,
        platforms=[platform],
        places={"discord": "discord"},
        rhythm=Rhythm(tick_s=0.02),
    )
    said = await guild.stage.say("@horde draw for me a red heart")
    asked = await guild.double.ask("draw", by=guild.stage.bob, prompt="a boat")
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(runner.run())
        while not await accepted(guild, 2) or asked.original is None:  # noqa: ASYNC110 - a row gives no event
            await asyncio.sleep(0.02)
        await runner.stop()
    await guild.play.make()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(runner.run())
        while len(guild.double.said(TALK)) < 2 or asked.original["flags"] & LOADING:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.02)
        await runner.stop()
    assert len(guild.double.said(SHOWCASE)) == 2
    answers = [one.get("message_reference", {}).get("message_id") for one in guild.double.said(TALK)]
    assert sorted(map(str, answers)) == sorted([said.partition(".")[2], "None"])


async def test_the_address_of_a_message_outlives_the_adapter(guild: Guild) -> None:
    await guild.play.ask()
    await guild.play.settle()
    row = (await guild.play.rows())[0]
    guild.play = await guild.play.again()
    # As the outbox does: it looks twice before it believes that nothing is there.
    looks = [await guild.play.platform.reconcile(row.post) for _ in range(2)]
    assert any(isinstance(found, Found) for found in looks)
    assert isinstance(await guild.play.platform.delete(str(row.remote_id)), Delivered)
    assert isinstance(await guild.play.platform.delete(str(row.remote_id)), Delivered)
