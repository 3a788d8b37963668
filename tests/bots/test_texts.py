"""People have texts written, and are told all of them, a post at a time."""

import pytest

from bots.platform import Capabilities, Target, Visibility
from bots.store.rows import CommissionState
from core.domain.jobs import Leased
from core.domain.kinds.kind import Kind
from core.domain.kinds.text import TextParams
from core.services.kudos.audit import audit
from tests.bots.makers import painter, text, work, writer
from tests.bots.scene import Scene, picture
from tests.bots.square import Square

LONG = " ".join(f"word{number}" for number in range(300))


async def test_a_text_is_written_paid_and_labelled_but_not_shown_to_all(scene: Scene) -> None:
    event = scene.square.say("@horde write me a poem about the sea tokens: 64 temperature: 0.5")
    await scene.accept()
    [job] = await work(scene, writer(scene), text(" The sea is wide.\n\n### Instruction: more"))
    assert job.prompt == "### Instruction:\nWrite a poem about the sea\n\n### Response:\n"
    assert job.extra["temperature"] == 0.5
    assert params_of_job(job) == 64
    await scene.react()
    await scene.deliver()
    [reply] = scene.square.posts.values()
    assert reply.target is Target.REPLY
    assert reply.text.startswith("The sea is wide.\n")
    assert "### Instruction" not in reply.text
    assert "It cost" in reply.text
    assert "you have" not in reply.text
    assert reply.label == "AI generated"
    mine = await scene.commission(event)
    assert (mine.kind, mine.state, mine.prompt) == (Kind.TEXT, CommissionState.ANSWERED, "a poem about the sea")
    assert mine.price_mk > 0
    assert await scene.balance_mk(mine.account_id or 0) == -mine.price_mk
    assert (await scene.uow.read(audit)).ok


def params_of_job(job: Leased) -> int:
    assert isinstance(job.params, TextParams)
    return job.params.length_max


async def test_a_long_text_is_cut_between_words_and_more_brings_the_rest(scene: Scene) -> None:
    event = scene.square.say("@horde write a long story")
    await scene.accept()
    await work(scene, writer(scene), text(LONG))
    await scene.react()
    await scene.deliver()
    [reply] = scene.square.posts.values()
    assert "say “more”" in reply.text
    assert len(reply.text) <= scene.square.capabilities.text_chars_max
    parts = [reply.text.partition("\n… There is more")[0]]
    for _ in range(4):
        asked = scene.square.say("@horde more", in_reply_to="p1")
        await scene.play()
        [more] = [post for post in scene.square.of(Target.REPLY) if post.in_reply_to == asked.remote_id]
        if "That was all" in more.text:
            assert more.label == ""
            break
        assert more.label == "AI generated"
        parts.append(more.text.partition("\n… There is more")[0])
    else:
        pytest.fail("it never ended")
    assert " ".join(parts) == LONG
    assert (await scene.commission(event)).state is CommissionState.ANSWERED


async def test_more_of_a_private_text_is_private(scene: Scene) -> None:
    scene.square = Square(
        scene.clock,
        capabilities=Capabilities(text_chars_max=1_000, media_max=4, alt_text_chars_max=200, can_be_private=True),
    )
    scene.square.say("@horde write a long story\nprivate")
    await scene.accept()
    await work(scene, writer(scene), text(LONG))
    await scene.react()
    scene.square.say("@horde more")
    await scene.play()
    first, more = scene.square.posts.values()
    assert first.visibility is more.visibility is Visibility.DIRECT
    assert "you have" in first.text


async def test_several_texts_are_numbered_and_again_writes_anew(scene: Scene) -> None:
    scene.square.say("@horde write a haiku n: 2")
    await scene.accept()
    await work(scene, writer(scene), text("Snow falls."))
    await scene.react()
    again = scene.square.say("@horde again n: 1")
    await scene.accept()
    [job] = await work(scene, writer(scene), text("Snow melts."))
    assert "a haiku" in job.prompt
    await scene.react()
    await scene.deliver()
    two, one = scene.square.posts.values()
    assert two.text.startswith("1. Snow falls.\n\n2. Snow falls.\n")
    assert one.text.startswith("Snow melts.\n")
    assert (await scene.commission(again)).kind is Kind.TEXT


async def test_where_nobody_writes_it_is_said(scene: Scene) -> None:
    await work(scene, painter(scene), picture)
    event = scene.square.say("@horde write a poem")
    await scene.play()
    [reply] = scene.square.posts.values()
    assert "Nobody here writes texts just now" in reply.text
    assert reply.label == ""
    mine = await scene.commission(event)
    assert mine.state is CommissionState.REFUSED
    assert mine.account_id is None


async def test_a_model_that_nobody_serves_comes_with_those_that_are_served(scene: Scene) -> None:
    await work(scene, writer(scene, "Llama-3-8B", "Mistral-7B"), text(""))
    scene.square.say("@horde write a poem model: llama 4")
    scene.square.say("@horde write a poem model: llama 3 8b")
    await scene.accept()
    [job] = await work(scene, writer(scene, "Llama-3-8B", "Mistral-7B"), text("A poem."))
    assert job.model == "Llama-3-8B"
    await scene.deliver()
    [refused] = scene.square.posts.values()
    assert "serves the model llama 4" in refused.text
    assert "“Llama-3-8B”" in refused.text


async def test_the_operators_text_model_is_used_while_somebody_serves_it(scene: Scene) -> None:
    scene.text_model = "Mistral-7B"
    await work(scene, writer(scene, "Llama-3-8B", "Mistral-7B"), text(""))
    scene.square.say("@horde write a poem")
    await scene.accept()
    [job] = await work(scene, writer(scene, "Llama-3-8B", "Mistral-7B"), text("A poem."))
    assert job.model == "Mistral-7B"
    scene.clock.pass_s(1_000)
    await work(scene, writer(scene, "Llama-3-8B"), text(""))
    scene.square.say("@horde write a poem")
    await scene.accept()
    [job] = await work(scene, writer(scene, "Llama-3-8B"), text("A poem."))
    assert job.model == "Llama-3-8B"


async def test_texts_that_are_too_long_are_cut_and_that_is_said(scene: Scene) -> None:
    scene.square.say("@horde write a poem tokens: 5 n: 9")
    await scene.accept()
    jobs = await work(scene, writer(scene), text("A poem."))
    assert (len(jobs), params_of_job(jobs[0])) == (4, 16)
    await scene.react()
    await scene.deliver()
    [reply] = scene.square.posts.values()
    assert "tokens 5 became 16: 16 to 2048 are taken." in reply.text
    assert "n 9 became 4" in reply.text


async def test_a_refused_wish_for_a_text_is_refused(scene: Scene) -> None:
    scene.square.say("@horde write something forbidden")
    await scene.play()
    [reply] = scene.square.posts.values()
    assert "word-1" in reply.text
    assert "forbidden" not in reply.text
