"""Whatever the platform and the process do, each post is there exactly once in the end."""

import asyncio
from collections import Counter

import pytest

from bots.outbox import Patience
from bots.platform import Target
from bots.store.outbox import claim_due
from bots.store.rows import CommissionState, OutboxState
from tests.bots.scene import Scene


async def finished(scene: Scene) -> None:
    """One picture is made and its two posts wait in the outbox."""
    scene.square.say("@horde draw me a cat")
    await scene.accept()
    await scene.work()
    await scene.react()


async def wear_on(scene: Scene, *, for_s: float, step_s: float = 1.0) -> None:
    """Time passes and the outbox does what is due."""
    for _ in range(round(for_s / step_s)):
        try:
            await scene.deliver()
        except RuntimeError as error:
            assert "bug in the adapter" in str(error)  # noqa: PT017 - the supervisor would log it and go on
        scene.clock.pass_s(step_s)


def keys(scene: Scene) -> Counter[str]:
    return Counter(post.idempotency_key for post in scene.square.posts.values())


@pytest.mark.parametrize(
    "faults",
    [
        ["accept-then-drop"],
        ["drop"],
        ["accept-then-drop", "accept-then-drop"],
        ["drop", "drop", "drop"],
        ["accept-then-fail"],
        ["fail", "fail"],
        ["hang"],
        ["retry", "retry"],
        ["retry", "drop", "accept-then-drop"],
        ["fail", "accept-then-fail", "hang", "accept-then-drop", "drop"],
    ],
)
async def test_posts_are_there_once_after_any_fault(scene: Scene, faults: list[str]) -> None:
    await finished(scene)
    scene.square.faults.extend(faults)
    await wear_on(scene, for_s=240, step_s=3)
    assert set(keys(scene).values()) == {1}
    assert {post.target for post in scene.square.posts.values()} == {Target.REPLY, Target.SHOWCASE}
    rows = await scene.rows(scene.square.history[0])
    assert {row.state for row in rows} == {OutboxState.SENT}
    assert (await scene.commission(scene.square.history[0])).state is CommissionState.ANSWERED


async def test_a_post_that_the_listing_shows_late_is_not_sent_again(scene: Scene) -> None:
    await finished(scene)
    scene.square.faults.append("accept-then-drop")
    scene.square.lag = 1
    await wear_on(scene, for_s=90)
    assert set(keys(scene).values()) == {1}
    assert len(scene.square.posts) == 2


async def test_nothing_is_resent_before_the_platform_was_asked_twice(scene: Scene) -> None:
    await finished(scene)
    scene.square.faults.append("drop")
    await scene.deliver()
    [shown, reply] = await scene.rows(scene.square.history[0])
    assert (shown.state, reply.state) == (OutboxState.UNKNOWN, OutboxState.PENDING)
    lag_s = scene.square.capabilities.read_lag_s
    scene.clock.pass_s(lag_s)
    await scene.deliver()
    scene.clock.pass_s(2 * lag_s - 1)
    await scene.deliver()
    assert not scene.square.posts, "one look is not enough"
    scene.clock.pass_s(1)
    await scene.deliver()
    assert len(scene.square.posts) == 2


async def test_a_process_that_died_while_sending_looks_first(scene: Scene) -> None:
    await finished(scene)
    claimed = await scene.uow.write(lambda tx: claim_due(tx, platform="square", now_ms=scene.clock.now_ms(), limit=10))
    [row] = claimed
    await scene.square.deliver(row.post)  # the platform took it, then the process was killed
    assert await scene.outbox().recover(scene.square) == 1
    assert await scene.outbox().recover(scene.square) == 0
    await wear_on(scene, for_s=10)
    assert set(keys(scene).values()) == {1}
    assert len(scene.square.posts) == 2


async def test_a_refused_showcase_post_does_not_keep_the_reply_back(scene: Scene) -> None:
    await finished(scene)
    scene.square.faults.append("refuse")
    await scene.deliver()
    [reply] = scene.square.posts.values()
    assert reply.target is Target.REPLY
    assert reply.showcase_url is None
    states = {row.target: row.state for row in await scene.rows(scene.square.history[0])}
    assert states == {Target.SHOWCASE: OutboxState.DEAD, Target.REPLY: OutboxState.SENT}


async def test_a_reply_waits_a_minute_at_most_for_its_showcase_post(scene: Scene) -> None:
    await finished(scene)
    scene.square.faults.append("accept-then-drop")
    scene.square.unsure = True
    await scene.deliver()
    scene.clock.pass_s(59)
    await scene.deliver()
    assert not scene.square.of(Target.REPLY)
    scene.clock.pass_s(1)
    await scene.deliver()
    [reply] = scene.square.of(Target.REPLY)
    assert reply.showcase_url is None


async def test_what_is_never_found_out_is_given_up_after_a_day(scene: Scene) -> None:
    await finished(scene)
    scene.square.faults.append("drop")
    scene.square.unsure = True
    await wear_on(scene, for_s=26 * 3_600, step_s=600)
    [shown, reply] = await scene.rows(scene.square.history[0])
    assert (shown.state, reply.state) == (OutboxState.DEAD, OutboxState.SENT)
    assert len(scene.square.posts) == 1


async def test_the_time_that_the_platform_names_is_kept(scene: Scene) -> None:
    await finished(scene)
    scene.square.faults.append("retry")
    await scene.deliver()
    scene.clock.pass_s(6)
    await scene.deliver()
    assert not scene.square.posts
    scene.clock.pass_s(1)
    await scene.deliver()
    assert len(scene.square.posts) == 2


async def test_an_outage_is_logged_once_at_each_end(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="bots.outbox")
    await finished(scene)
    scene.square.faults.extend(["drop", "drop", "drop"])
    outbox = scene.outbox()
    for _ in range(100):
        while await outbox.deliver_due(scene.square):
            pass
        scene.clock.pass_s(3)
    assert caplog.text.count("outbox.down") == caplog.text.count("outbox.up") == 1


async def test_two_deliverers_never_take_the_same_row(scene: Scene) -> None:
    for number in range(12):
        scene.square.say("@horde help", by=f"person{number}")
    await scene.accept()
    await asyncio.gather(*(scene.outbox().deliver_due(scene.square) for _ in range(6)))
    await scene.deliver()
    assert set(keys(scene).values()) == {1}
    assert len(scene.square.posts) == 12


def test_pauses_double_up_to_a_cap() -> None:
    patience = Patience()
    pauses_s = [patience.pause_ms(attempts) / 1_000 for attempts in (1, 2, 3, 12, 1_000)]
    for pause_s, plain_s in zip(pauses_s, (5, 10, 20, 900, 900), strict=True):
        assert plain_s <= pause_s <= plain_s * 1.1
