"""Live progress: one line that is edited while one waits, and gone or rewritten once the answer is there."""

import asyncio

from bots.progress import Progress
from bots.runner import Runner
from bots.supervisor import Rhythm
from tests.bots.discord.conftest import Guild
from tests.doubles.discord import PATCH_ORIGINAL, POST_MESSAGE
from tests.stages.discord import TALK

PATCH_MESSAGE = "PATCH /channels/{c}/messages/{m}"


def progress_of(guild: Guild) -> Progress:
    scene = guild.play.scene
    return Progress(uow=scene.uow, clock=scene.clock, horde=scene.horde, platform=guild.platform)


async def made_and_settled(guild: Guild) -> None:
    await guild.play.make()
    await guild.play.settle()


async def test_who_mentioned_the_bot_reads_one_line_that_makes_room_for_the_answer(guild: Guild) -> None:
    said = await guild.stage.say("@horde draw for me a red heart")
    await guild.accept(1)
    progress = progress_of(guild)
    assert await progress.tell_waiting() == 0  # who waits for a moment is told nothing
    for _ in range(3):
        guild.clock.pass_s(7)
        assert await progress.tell_waiting() == 1
        assert await progress.tell_waiting() == 0
    (line,) = guild.double.said(TALK)
    assert line["content"].startswith("⏳ Number 1 in the queue")
    assert "heart" not in line["content"]
    assert str(line["message_reference"]["message_id"]) == said.partition(".")[2]
    await made_and_settled(guild)
    (answer,) = guild.double.said(TALK)
    assert "Here is your picture" in answer["content"]


async def test_a_commands_own_answer_is_the_line(guild: Guild) -> None:
    asked = await guild.double.ask("draw", by=guild.stage.ada, prompt="a cat")
    await guild.accept(1)
    progress = progress_of(guild)
    guild.clock.pass_s(7)
    await progress.tell_waiting()
    assert asked.original is not None
    assert asked.original["content"].startswith("⏳ Number 1 in the queue")
    assert guild.double.said(TALK) == []
    await made_and_settled(guild)
    assert asked.original["content"].startswith("Here it is")
    await guild.platform.progress(f"{TALK}.{asked.id}.{asked.token}", "late")
    assert asked.original["content"].startswith("Here it is")


async def test_a_line_of_an_earlier_life_is_taken_up_and_taken_away(guild: Guild) -> None:
    await guild.stage.say("@horde draw for me a red heart")
    await guild.accept(1)
    guild.clock.pass_s(7)
    await progress_of(guild).tell_waiting()
    guild.play = await guild.play.again()
    guild.clock.pass_s(7)
    await progress_of(guild).tell_waiting()
    assert len(guild.double.said(TALK)) == 1
    guild.play = await guild.play.again()
    await made_and_settled(guild)
    (answer,) = guild.double.said(TALK)
    assert not answer["content"].startswith("⏳")


async def test_who_gave_up_reads_so_where_the_line_was(guild: Guild) -> None:
    await guild.stage.say("@horde draw for me a red heart")
    await guild.accept(1)
    progress = progress_of(guild)
    guild.clock.pass_s(7)
    await progress.tell_waiting()
    await guild.stage.say("@horde cancel")
    await guild.accept(2)
    await made_and_settled(guild)
    await progress.tell_waiting()
    texts = [one["content"] for one in guild.double.said(TALK)]
    assert texts[0] == "⏳ Cancelled."
    assert len(texts) == 2


async def test_progress_rests_when_discord_is_short_of_breath_and_delivery_does_not(guild: Guild) -> None:
    await guild.double.ask("draw", by=guild.stage.ada, prompt="a cat")
    asked = await guild.double.ask("draw", by=guild.stage.bob, prompt="a boat")
    await guild.accept(2)
    progress = progress_of(guild)
    guild.double.limits.routes[PATCH_ORIGINAL] = (0, 60.0)
    guild.clock.pass_s(7)
    await progress.tell_waiting()
    calls = guild.double.calls[PATCH_ORIGINAL]
    guild.clock.pass_s(7)
    await progress.tell_waiting()
    assert guild.double.calls[PATCH_ORIGINAL] == calls
    guild.double.limits.routes.clear()
    await guild.play.make()
    await guild.play.deliver()
    assert len(guild.double.said(TALK)) == 2
    assert asked.original is not None


async def test_an_outage_of_progress_is_nobodys_outage(guild: Guild) -> None:
    await guild.stage.say("@horde draw for me a red heart")
    await guild.accept(1)
    progress = progress_of(guild)
    guild.double.faults += [(POST_MESSAGE, "403")]
    guild.clock.pass_s(7)
    assert await progress.tell_waiting() == 1
    assert guild.double.said(TALK) == []
    await made_and_settled(guild)
    assert len(guild.double.said(TALK)) == 1


async def test_a_line_that_was_taken_without_an_answer_is_found_and_taken_away(guild: Guild) -> None:
    guild.clock.pass_s(600)  # this life is no young one
    await guild.stage.say("@horde draw for me a red heart")
    await guild.accept(1)
    progress = progress_of(guild)
    guild.double.faults.append((POST_MESSAGE, "accept-then-drop"))
    guild.clock.pass_s(7)
    await progress.tell_waiting()
    assert len(guild.double.said(TALK)) == 1
    await made_and_settled(guild)
    (answer,) = guild.double.said(TALK)
    assert "Here is your picture" in answer["content"]


async def test_the_running_bots_tell_who_waits(guild: Guild) -> None:
    scene = guild.play.scene
    runner = Runner(
        uow=scene.uow,
        clock=scene.clock,
        horde=scene.horde,
        shelf=scene.shelf,
        platforms=[guild.platform],
        places={"discord": "discord"},
        rhythm=Rhythm(tick_s=0.02),
    )
    asked = await guild.double.ask("draw", by=guild.stage.ada, prompt="a cat")
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(runner.run())
        while asked.original is None or not asked.original["content"].startswith("⏳"):
            guild.clock.pass_s(0.2)
            await asyncio.sleep(0.02)
        await runner.stop()
