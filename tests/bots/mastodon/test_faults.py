"""Nothing is lost and nothing doubled whatever the server does."""

import asyncio

import pytest

from bots.mastodon.check import try_out
from bots.platform import Ambiguous, Delivered, PlatformDown, PlatformMisconfigured, RetryAt, Target
from bots.store.rows import OutboxState
from tests.bots.mastodon.conftest import Fedi
from tests.doubles.mastodon import POST_STATUS


async def test_a_rate_limit_is_waited_for_as_long_as_the_server_says(fedi: Fedi) -> None:
    await fedi.play.ask()
    fedi.double.limit_for_s(100)
    await fedi.play.deliver()
    (showcase,) = [row for row in await fedi.play.rows() if row.target is Target.SHOWCASE]
    assert showcase.state is OutboxState.PENDING
    assert 90_000 <= showcase.next_at_ms - fedi.clock.now_ms() <= 102_000
    for _ in range(8):
        fedi.clock.pass_s(10)
        await fedi.play.deliver()
    asked_of_showcase = fedi.double.limited_calls
    assert asked_of_showcase <= 2  # the showcase post once, the reply once after it had waited a minute
    fedi.double.limit_for_s(0)
    await fedi.play.settle()
    assert len(await fedi.stage.posts()) == 2


async def test_reading_goes_on_after_a_rate_limit_without_asking_before(fedi: Fedi) -> None:
    stream = fedi.play.platform.events("0")
    await fedi.stage.say("@horde draw for me a red heart")
    async with asyncio.timeout(10):
        await anext(stream)
        fedi.double.limit_for_s(0.5)
        said = await fedi.stage.say("@horde draw for me a blue heart")
        event = await anext(stream)
    assert event.remote_id == said
    assert fedi.double.limited_calls <= 3  # the reading's one, and what the stream asked when it was opened


async def test_a_server_that_does_not_listen_has_certainly_taken_nothing(fedi: Fedi) -> None:
    await fedi.play.ask()
    row = (await fedi.play.rows())[0]
    await fedi.double.stop()
    assert isinstance(await fedi.play.platform.deliver(row.post), RetryAt)
    with pytest.raises(PlatformDown):
        await anext(fedi.play.platform.events("0"))
    await fedi.double.start()
    await fedi.play.settle()
    assert len(await fedi.stage.posts()) == 2


async def test_a_revoked_token_stops_the_adapter_and_loses_nothing(fedi: Fedi) -> None:
    await fedi.play.ask()
    token, fedi.world.bot.token = fedi.world.bot.token, "another"
    with pytest.raises(PlatformMisconfigured, match="HORDE_MASTODON_TOKEN"):
        await fedi.play.deliver()
    with pytest.raises(PlatformMisconfigured, match="revoked"):
        await anext(fedi.play.platform.events("0"))
    fedi.world.bot.token = token
    play = await fedi.play.again()
    await play.settle()
    assert len(await fedi.stage.posts()) == 2


async def test_a_suspended_account_waits_and_goes_on_by_itself_when_it_is_let_in_again(fedi: Fedi) -> None:
    await fedi.play.ask()
    fedi.world.bot.disabled = True
    await fedi.play.settle(passes=3)
    assert OutboxState.UNKNOWN not in {row.state for row in await fedi.play.rows()}
    with pytest.raises(PlatformDown, match="shuts the bot's account out"):
        await anext(fedi.play.platform.events("0"))
    assert OutboxState.DEAD not in {row.state for row in await fedi.play.rows()}
    fedi.world.bot.disabled = False
    fedi.clock.pass_s(900)
    await fedi.play.settle()
    assert len(await fedi.stage.posts()) == 2
    assert {row.state for row in await fedi.play.rows()} == {OutboxState.SENT}


async def test_a_token_without_a_scope_stops_the_adapter(fedi: Fedi) -> None:
    await fedi.play.ask()
    fedi.world.bot.scopes = frozenset({"read"})
    with pytest.raises(PlatformMisconfigured, match="scope"):
        await fedi.play.deliver()
    fedi.world.bot.scopes = frozenset({"read", "write"})
    play = await fedi.play.again()
    await play.settle()
    assert len(await fedi.stage.posts()) == 2


async def test_a_server_that_fails_at_a_key_it_knows_makes_no_second_post(fedi: Fedi) -> None:
    fedi.world.breaks_on_known_keys = True
    await fedi.play.ask()
    row = (await fedi.play.rows())[0]
    assert isinstance(await fedi.play.platform.deliver(row.post), Delivered)
    assert isinstance(await fedi.play.platform.deliver(row.post), Ambiguous)
    await fedi.play.settle()
    assert len(await fedi.stage.posts()) == 2


async def test_mentions_made_while_the_bot_was_away_are_all_read_in_order(fedi: Fedi) -> None:
    first = await fedi.stage.say("@horde draw for me a red heart")
    event = await anext(fedi.play.platform.events(None))
    assert event.remote_id == first
    missed = [await fedi.stage.say(f"@horde draw for me {number} stars") for number in range(101)]
    stream = fedi.play.platform.events(event.cursor)
    async with asyncio.timeout(10):
        assert [(await anext(stream)).remote_id for _ in missed] == missed


async def test_a_new_bot_leaves_alone_what_was_said_before_yesterday(fedi: Fedi) -> None:
    for number in range(50):
        await fedi.stage.say(f"@horde draw for me {number} old stars")
    fedi.clock.pass_s(2 * 24 * 3_600)
    recent = [await fedi.stage.say(f"@horde draw for me {number} new stars") for number in range(45)]
    stream = fedi.play.platform.events(None)
    async with asyncio.timeout(10):
        assert [(await anext(stream)).remote_id for _ in recent] == recent


async def test_a_picture_is_posted_when_the_server_is_done_with_it(fedi: Fedi) -> None:
    fedi.world.processing_looks = 3
    await fedi.play.ask()
    await fedi.play.settle()
    assert [post.pictures for post in await fedi.stage.posts()] == [1, 1]
    assert [upload.status_id is not None for upload in fedi.world.uploads.values()] == [True, True]


async def test_the_showcase_keeps_to_its_budget_and_nothing_of_it_is_lost(fedi: Fedi) -> None:
    fedi.stage.with_manners(showcase_per_hour=1)
    play = await fedi.play.again()
    for number in range(3):
        await fedi.stage.say(f"@horde draw for me {number} stars")
    await play.read(3)
    await play.make()
    shown = []
    for _ in range(4):
        await play.settle(passes=4)
        shown.append(len([post for post in await fedi.stage.posts() if post.in_reply_to is None]))
        fedi.clock.pass_s(3_600)
    assert shown == [1, 2, 3, 3]
    assert len(await fedi.stage.posts()) == 6


async def test_a_clean_refusal_of_a_post_is_not_tried_again(fedi: Fedi) -> None:
    await fedi.play.ask()
    fedi.world.chars_max = 5
    await fedi.play.settle()
    assert {row.state for row in await fedi.play.rows()} == {OutboxState.DEAD}
    assert fedi.double.calls[POST_STATUS] == 6  # each as it is, once more with its pictures, and with links instead


@pytest.mark.parametrize(
    ("scopes", "lacks"),
    [
        ({"read", "write"}, ""),
        ({"read"}, "write:statuses, write:media"),
        ({"read:accounts", "write"}, "read:notifications, read:statuses"),
        ({"write"}, "read:accounts"),
    ],
)
async def test_the_check_names_each_missing_scope(fedi: Fedi, scopes: set[str], lacks: str) -> None:
    fedi.world.bot.scopes = frozenset(scopes)
    found = [tried async for tried in try_out(base_url=fedi.double.url, token=fedi.world.bot.token)]
    token = next(tried for tried in found if tried.what == "token")
    assert bool(token.next_step) == bool(lacks)
    assert lacks in token.told
    assert await fedi.stage.posts() == []


async def test_the_check_tells_a_revoked_token_and_an_unmarked_bot(fedi: Fedi) -> None:
    fedi.world.bot.bot = False
    found = [tried async for tried in try_out(base_url=fedi.double.url, token=fedi.world.bot.token)]
    assert any("automated" in tried.next_step for tried in found)
    revoked = [tried async for tried in try_out(base_url=fedi.double.url, token="wrong")]
    assert any("revoked" in tried.next_step for tried in revoked)
    await fedi.double.stop()
    down = [tried async for tried in try_out(base_url=fedi.double.url, token="wrong")]
    assert any("mastodon.base_url" in tried.next_step for tried in down)
