"""Commands act on the author's own commissions, once, and lose nothing that was paid."""

from bots.platform import Capabilities, Target, Visibility
from bots.store.rows import CommissionState, OutboxState
from tests.bots.scene import Scene
from tests.bots.square import Square


async def test_cancel_gives_the_hold_back(scene: Scene) -> None:
    event = scene.square.say("@horde draw me a cat")
    await scene.accept()
    scene.square.say("@horde status")
    scene.square.say("@horde cancel")
    await scene.play()
    status, cancel = scene.square.posts.values()
    assert "number 1 in the queue" in status.text
    assert "Cancelled" in cancel.text
    mine = await scene.commission(event)
    assert mine.state is CommissionState.CANCELLED
    assert await scene.balance_mk(mine.account_id or 0) == 0


async def test_what_was_finished_before_a_cancel_is_handed_over_and_paid(scene: Scene) -> None:
    event = scene.square.say("@horde draw me a cat n: 3")
    await scene.accept()
    await scene.work(jobs_max=1)
    price_mk = (await scene.commission(event)).price_mk
    scene.square.say("@horde cancel")
    await scene.play()
    [made] = [post for post in scene.square.of(Target.REPLY) if post.in_reply_to == event.remote_id]
    assert len(made.media) == 1
    assert "2 more could not be made; you did not pay for them" in made.text
    mine = await scene.commission(event)
    assert mine.state is CommissionState.ANSWERED
    assert await scene.balance_mk(mine.account_id or 0) == -price_mk // 3 == -mine.price_mk


async def test_a_cancel_that_comes_too_late_loses_no_picture(scene: Scene) -> None:
    event = scene.square.say("@horde draw me a cat")
    await scene.accept()
    await scene.work()
    scene.square.say("@horde cancel")
    await scene.accept()
    await scene.react()
    await scene.deliver()
    [made] = [post for post in scene.square.of(Target.REPLY) if post.in_reply_to == event.remote_id]
    assert made.media
    assert any("already made" in post.text for post in scene.square.of(Target.REPLY))


async def test_again_repeats_the_order_with_another_seed(scene: Scene) -> None:
    scene.square.say("@horde draw me a cat seed: 7 style: ocean")
    await scene.play()
    again = scene.square.say("@horde again", in_reply_to="p2")
    await scene.play()
    mine = await scene.commission(again)
    assert (mine.state, mine.style, mine.prompt) == (CommissionState.ANSWERED, "ocean", "a cat")
    replies = scene.square.of(Target.REPLY)
    assert len(replies) == 2
    assert replies[0].media[0].seed == 7 != replies[1].media[0].seed


async def test_again_repeats_only_ones_own_orders(scene: Scene) -> None:
    scene.square.say("@horde draw me a cat")
    await scene.play()
    scene.square.say("@horde again", by="bob", in_reply_to="p2")
    await scene.play()
    assert "no earlier order" in scene.square.of(Target.REPLY)[-1].text


async def test_delete_takes_the_posts_and_the_picture_away(scene: Scene) -> None:
    scene.square.say("@horde draw me a cat")
    await scene.play()
    key = scene.square.posts["p2"].media[0].key
    await scene.objects.put(key, b"RIFF", content_type="image/webp")
    scene.square.say("@horde delete", by="bob", in_reply_to="p2")
    await scene.play()
    assert "p2" in scene.square.posts, "someone else's delete does nothing"
    removal = scene.square.say("@horde delete", in_reply_to="p2")
    await scene.play()
    assert not {"p1", "p2"} & set(scene.square.posts)
    assert await scene.objects.head(key) is None
    states = {row.target: row.state for row in await scene.rows(removal)}
    assert states == dict.fromkeys((Target.REPLY, Target.REMOVE_REPLY, Target.REMOVE_SHOWCASE), OutboxState.SENT)


async def test_a_moderator_takes_away_what_the_bot_posted_for_others(scene: Scene) -> None:
    scene.square.say("@horde draw for me a red heart")
    await scene.play()
    scene.square.say("@horde delete", by="mod", in_reply_to="p2", by_moderator=True)
    await scene.play()
    assert not {"p1", "p2"} & set(scene.square.posts)


async def test_a_balance_is_told_in_private_alone(scene: Scene) -> None:
    scene.square = Square(
        scene.clock,
        capabilities=Capabilities(
            text_chars_max=1_000, media_max=4, alt_text_chars_max=200, can_be_private=True, can_show=True
        ),
    )
    scene.square.say("@horde draw me a cat")
    scene.square.say("@horde draw me a cat\nprivate")
    scene.square.say("@horde draw me a cat", visibility=Visibility.DIRECT)
    scene.square.say("@horde kudos")
    await scene.play()
    replies = scene.square.of(Target.REPLY)
    assert len(replies) == 4
    for reply in replies:
        is_private = reply.visibility is Visibility.DIRECT
        assert ("you have" in reply.text or "has -" in reply.text) == is_private, reply.text
        assert reply.facts is None or (reply.facts.balance_mk is not None) == is_private
    [shown] = scene.square.of(Target.SHOWCASE)
    assert shown.facts is not None
    assert shown.facts.balance_mk is None
    assert sum(reply.visibility is Visibility.DIRECT for reply in replies) == 3


async def test_words_of_ours_carry_no_label_of_a_model(scene: Scene) -> None:
    scene.square.say("@horde help")
    await scene.play()
    [reply] = scene.square.posts.values()
    assert reply.label == ""
