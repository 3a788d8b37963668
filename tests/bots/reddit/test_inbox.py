"""The inbox is read without a gap: after restarts, deletions, and people who read it in a browser."""

import asyncio

from bots.platform import PlatformEvent
from bots.reddit.adapter import RedditPlatform
from bots.reddit.parse import Place
from tests.bots.reddit.conftest import Connect
from tests.bots.reddit.reddit_scene import RedditScene, until


async def read(platform: RedditPlatform, cursor: str | None, *, count: int) -> list[PlatformEvent]:
    """Returns the first so many events after the cursor, and closes the adapter."""
    found: list[PlatformEvent] = []
    async with asyncio.timeout(10):
        async for event in platform.events(cursor):
            found.append(event)
            if len(found) == count:
                break
    await platform.close()
    return found


async def test_reading_goes_on_though_the_last_item_read_was_deleted(play: RedditScene, connect: Connect) -> None:
    first = play.town.mention("u/horde-bot draw me a cat")
    (event,) = await read(connect(), None, count=1)
    play.town.remove(first["name"])
    play.scene.clock.pass_s(60)
    second = play.town.mention("u/horde-bot draw me a dog")
    play.town.unread.clear()
    assert [event.event_id for event in await read(connect(), event.cursor, count=1)] == [second["name"]]


async def test_what_someone_read_in_a_browser_is_answered_all_the_same(play: RedditScene) -> None:
    first = play.town.mention("u/horde-bot help")
    async with play.working():
        await play.answers(first)
        play.double.faults.order("/message/unread", "503", times=2)
        read_by_hand = play.town.mention("u/horde-bot help", author="bob")
        play.town.unread.discard(read_by_hand["name"])
        await play.answers(read_by_hand)


async def test_at_the_very_first_start_only_what_is_unread_counts(play: RedditScene, connect: Connect) -> None:
    old = play.town.mention("u/horde-bot draw me a cat")
    play.town.unread.discard(old["name"])
    new = play.town.mention("u/horde-bot draw me a dog")
    assert [event.event_id for event in await read(connect(), None, count=1)] == [new["name"]]


async def test_hundreds_of_items_come_oldest_first_and_once(play: RedditScene, connect: Connect) -> None:
    names = []
    for number in range(250):
        play.scene.clock.pass_s(2)
        names.append(play.town.mention(f"u/horde-bot draw me {number} cats")["name"])
    found = await read(connect(), None, count=250)
    assert [event.event_id for event in found] == names
    places = [Place.of(event.cursor) for event in found]
    assert places == sorted(places, key=lambda place: place.at_ms if place else 0)


async def test_an_item_that_is_let_through_late_is_read_and_moves_nothing_back(
    play: RedditScene, connect: Connect
) -> None:
    late = play.town.mention("u/horde-bot draw me a cat")
    play.town.unread.discard(late["name"])
    play.town.inbox.remove(late["name"])
    play.scene.clock.pass_s(7_200)
    play.town.mention("u/horde-bot draw me a dog")
    (first,) = await read(connect(), None, count=1)
    play.town.unread = {late["name"]}
    play.town.inbox.append(late["name"])
    _, second = sorted(await read(connect(), first.cursor, count=2), key=lambda event: event.event_id, reverse=True)
    assert second.event_id == late["name"]
    after, before = Place.of(second.cursor), Place.of(first.cursor)
    assert after is not None
    assert before is not None
    assert after.at_ms >= before.at_ms


async def test_an_anchor_that_vanishes_between_two_pages_opens_no_gap(play: RedditScene, connect: Connect) -> None:
    names = [play.town.mention(f"u/horde-bot draw me {number} cats")["name"] for number in range(150)]
    town = play.town

    class Vanishing(set[str]):
        """Deletes what the second page would begin after, once the first one was given out."""

        def __contains__(self, name: object) -> bool:
            if town.calls["/message/unread/"] == 2 and names[50] in town.inbox:
                town.remove(names[50])
            return super().__contains__(name)

    town.unread = Vanishing(town.unread)
    found = await read(connect(), None, count=150)
    assert {event.event_id for event in found} == set(names)


async def test_what_is_skipped_or_stored_is_marked_as_read_also_after_a_failure(play: RedditScene) -> None:
    play.double.faults.order("/api/read_message", "503", times=2)
    play.town.mention("u/horde-bot help", author="")
    asked = play.town.mention("u/horde-bot help")
    async with play.working():
        await play.answers(asked)
        await until(lambda: not play.town.unread)
    assert len(play.town.of_bot("t1")) == 1
