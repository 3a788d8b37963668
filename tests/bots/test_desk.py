"""What people say becomes requests and replies, what the horde made becomes posts; each once."""

from pathlib import Path

import pytest

from bots.desk.ending import BATCH
from bots.platform import Target, Visibility
from bots.store.ratings import rating_of
from bots.store.rows import CommissionState
from core.domain.ids import ANONYMOUS, MINT
from core.domain.kudos.ledger import TransferReason
from core.domain.policy import QueuePolicy
from core.services.kudos.audit import audit
from core.services.kudos.transfer import transfer
from core.services.people.register import register
from core.services.queue.expire import expire
from tests.bots.scene import Scene, censored_picture
from tests.bots.square import HandClock
from tests.stores import Database


async def test_a_mention_becomes_a_picture_a_showcase_post_and_a_reply(scene: Scene) -> None:
    event = scene.square.say("@horde draw for me a red heart seed: 7")
    await scene.play()
    [shown] = scene.square.of(Target.SHOWCASE)
    [reply] = scene.square.of(Target.REPLY)
    assert (reply.in_reply_to, reply.to.external_id) == ("m1", "ann")
    assert "a red heart" in reply.text
    assert "seed 7" in reply.text
    assert reply.showcase_url == "https://square.test/p1"
    assert reply.media[0].url.startswith("http://127.0.0.1:8000/objects/pictures/")
    assert "a red heart" in reply.media[0].alt_text
    assert reply.label == shown.label == "AI generated"
    assert shown.facts is not None
    assert shown.facts.style == "plain"
    mine = await scene.commission(event)
    assert mine.state is CommissionState.ANSWERED
    assert mine.account_id is not None
    assert mine.price_mk > 0
    assert await scene.balance_mk(mine.account_id) == -mine.price_mk == mine.balance_mk
    assert await scene.balance_mk(scene.owner.account.id) > 0
    assert (await scene.uow.read(audit)).ok


async def test_events_are_stored_once_however_often_they_come(scene: Scene) -> None:
    event = scene.square.say("@horde draw for me a red heart")
    scene.square.history += [event, event]
    await scene.play()
    scene.square.history += [event]
    await scene.play()
    assert len(scene.square.of(Target.REPLY)) == 1
    assert len(scene.square.of(Target.SHOWCASE)) == 1
    assert set(scene.square.acknowledged) == {"e1"}


async def test_the_richer_guest_is_served_first(scene: Scene) -> None:
    poor = scene.square.say("@horde draw for me a cat", by="poor")
    await scene.accept()
    rich_account = await scene.uow.write(
        lambda tx: scene.horde.account(
            tx, platform="square", author=scene.square.say("hello", by="rich").author, now_ms=scene.clock.now_ms()
        )
    )
    await scene.uow.write(
        lambda tx: transfer(
            tx,
            transfer_id="gift",
            from_id=MINT,
            to_id=rich_account.id,
            amount_mk=900_000,
            reason=TransferReason.GRANT,
            now_ms=scene.clock.now_ms(),
        )
    )
    scene.clock.pass_s(2)
    rich = scene.square.say("@horde draw for me a dog", by="rich")
    await scene.accept()
    taken = await scene.work()
    wanted = [(await scene.commission(event)).request_id for event in (rich, poor)]
    assert [job.request_id for job in taken] == wanted


async def test_unknown_styles_name_the_three_nearest(scene: Scene) -> None:
    event = scene.square.say("@horde draw for me a cat style: ocaen")
    await scene.play()
    [reply] = scene.square.of(Target.REPLY)
    assert "“ocean”" in reply.text
    assert reply.text.count("“") == 4
    assert (await scene.commission(event)).state is CommissionState.REFUSED
    assert not await scene.work()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@horde draw", "What shall I draw?"),
        ("@horde write", "What shall I write?"),
        ("@horde describe this", "I see no picture"),
        ("@horde vary", "no picture that I drew"),
        ("@horde more", "I find no text"),
        ("@horde draw me a cat steps: many", "steps: 30"),
        ("@horde please do not draw me", "I draw nothing"),
        ("@horde draw me a forbidden cat", "word-1"),
        ("@horde help", "Volunteers' machines"),
        ("@horde styles", "ocean: "),
        ("@horde styles roz", "nearest are rose"),
        ("@horde status", "Nothing of yours"),
        ("@horde cancel", "nothing to cancel"),
        ("@horde again", "no earlier order"),
        ("@horde delete", "I find no post"),
        ("@horde kudos", "has 0 kudos"),
    ],
)
async def test_everything_that_is_no_order_is_answered_once(scene: Scene, text: str, said: str) -> None:
    scene.square.say(text)
    await scene.play()
    [reply] = scene.square.posts.values()
    assert said in reply.text
    assert "forbidden" not in reply.text
    assert not reply.media
    assert (await scene.uow.read(audit)).ok


async def test_a_refused_prompt_is_on_record(scene: Scene) -> None:
    scene.square.say("@horde draw me a forbidden cat")
    await scene.play()
    account = await scene.uow.read(lambda tx: tx.accounts.by_identity(platform="square", external_id="ann"))
    assert account is not None
    assert [rule for rule, _ in await scene.uow.write(lambda tx: tx.verdicts.incidents_of(account.id))] == ["word-1"]


async def test_talk_bots_and_ourselves_are_never_answered(scene: Scene) -> None:
    talk = scene.square.say("@horde is great")
    bot = scene.square.say("@horde draw me a cat", is_bot=True)
    await scene.play()
    assert not scene.square.posts
    for event in (talk, bot):
        assert (await scene.commission(event)).state is CommissionState.IGNORED


async def test_too_many_waiting_jobs_are_refused_with_the_limit(scene: Scene) -> None:
    for _ in range(scene.policy.waiting_max + 1):
        scene.square.say("@horde draw me a cat")
    await scene.accept()
    await scene.deliver()
    [reply] = scene.square.posts.values()
    assert str(scene.policy.waiting_max) in reply.text
    assert "You can ask again" in reply.text


async def test_private_and_direct_orders_are_not_shown(scene: Scene) -> None:
    scene.square.say("@horde draw me a cat\nprivate")
    scene.square.say("@horde draw me a cat", visibility=Visibility.DIRECT)
    await scene.play()
    assert not scene.square.of(Target.SHOWCASE)
    seen = {post.in_reply_to: post.visibility for post in scene.square.of(Target.REPLY)}
    assert seen == {"m1": Visibility.PUBLIC, "m2": Visibility.DIRECT}, "a square cannot be more private than public"


async def test_spoilers_go_behind_a_warning(scene: Scene) -> None:
    scene.square.say("@horde draw me a cat spoiler: yes")
    await scene.play()
    assert {post.spoiler for post in scene.square.posts.values()} == {"AI generated picture"}


async def test_an_expired_request_is_told_and_costs_nothing(scene: Scene) -> None:
    event = scene.square.say("@horde draw me a cat")
    await scene.accept()
    scene.clock.pass_s(scene.policy.request_lifetime_s + 1)
    await scene.uow.write(lambda tx: expire(tx, now_ms=scene.clock.now_ms()))
    await scene.react()
    await scene.deliver()
    [reply] = scene.square.posts.values()
    assert "No worker took your request in time" in reply.text
    mine = await scene.commission(event)
    assert mine.state is CommissionState.FAILED
    assert await scene.balance_mk(mine.account_id or 0) == 0


async def test_a_faulted_request_is_told(scene: Scene) -> None:
    scene.square.say("@horde draw me a cat")
    await scene.accept()
    await scene.spoil()
    await scene.react()
    await scene.deliver()
    [reply] = scene.square.posts.values()
    assert "could not make it" in reply.text


async def test_a_censored_picture_is_told_and_not_shown(scene: Scene) -> None:
    scene.square.say("@horde draw me a cat")
    await scene.accept()
    await scene.work(censored_picture)
    await scene.react()
    await scene.deliver()
    [reply] = scene.square.posts.values()
    assert "safety check" in reply.text
    assert not reply.media


async def test_nobody_gets_unsafe_pictures_where_the_platform_does_not_allow_them(scene: Scene) -> None:
    scene.square.say("@horde draw me a cat nsfw: yes")
    await scene.accept()
    [job] = await scene.work()
    assert job.censor_nsfw
    assert not job.nsfw


async def test_several_pictures_come_in_one_reply(scene: Scene) -> None:
    scene.square.say("@horde draw me a cat n: 3")
    await scene.play()
    [reply] = scene.square.of(Target.REPLY)
    assert len(reply.media) == 3
    assert len({picture.key for picture in reply.media}) == 3


async def test_an_order_by_api_key_is_paid_by_that_account(scene: Scene) -> None:
    made = await scene.uow.write(
        lambda tx: register(tx, name="key holder", kudos_mk=50_000, now_ms=scene.clock.now_ms())
    )
    event = scene.square.say("@horde draw me a cat", account_id=made.account.id)
    await scene.play()
    mine = await scene.commission(event)
    assert mine.account_id == made.account.id
    assert await scene.balance_mk(made.account.id) == 50_000 - mine.price_mk


async def test_votes_count_once_a_person_and_can_be_taken_back(scene: Scene) -> None:
    event = scene.square.say("@horde draw me a cat")
    await scene.play()
    mine = await scene.commission(event)
    for value, by in ((1, "bob"), (1, "bob"), (-1, "eve"), (1, "kim"), (0, "kim")):
        scene.square.vote("p1", value, by=by)
    scene.square.vote("p99", 1)
    await scene.play()
    rating = await scene.uow.read(lambda tx: rating_of(tx, commission_id=mine.id))
    assert (rating.up, rating.down) == (1, 1)


async def test_one_event_that_cannot_be_dealt_with_does_not_hold_up_the_others(scene: Scene) -> None:
    scene.square.say("@horde draw me a cat", account_id=99_999)
    scene.square.say("@horde draw me a dog")
    await scene.play()
    assert len(scene.square.of(Target.REPLY)) == 2
    [refused] = [post for post in scene.square.of(Target.REPLY) if post.in_reply_to == "m1"]
    assert "no account with the number 99999" in refused.text


async def test_the_style_and_its_version_are_on_record(scene: Scene) -> None:
    event = scene.square.say("@horde draw me a cat style: colours")
    await scene.accept()
    mine = await scene.commission(event)
    assert mine.style in scene.shelf.book.members("colours")
    assert mine.style_version == scene.shelf.book.version
    assert mine.account_id not in (None, ANONYMOUS)


async def test_prompts_do_not_reach_the_log(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="bots")
    scene.square.say("@horde draw me a wombat")
    scene.square.say("@horde draw me a forbidden wombat")
    await scene.play()
    assert "wombat" not in caplog.text
    assert "commission.accepted" in caplog.text


async def test_a_long_queue_of_summons_is_dealt_with_in_batches(tmp_path: Path, database: Database) -> None:
    clock = HandClock()
    policy = QueuePolicy(default_models=("tiny-glyphs",), waiting_max=1_000)
    scene = await Scene.set_up(tmp_path, await database.open(clock=clock), clock, policy=policy)
    for number in range(BATCH + 10):
        scene.square.say("@horde draw me a cat", by=f"person{number}")
    await scene.play()
    assert len(scene.square.of(Target.REPLY)) == BATCH + 10
    assert (await scene.uow.read(audit)).ok
