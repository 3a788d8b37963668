"""The contract of a platform's surroundings: what a summons answers, the pictures in it, its place, and notices."""

from __future__ import annotations

import asyncio

from bots.platform import Author, Delivered, Found, Parent, PlatformEvent, Post, Target, Visibility
from bots.store.ids import new_id
from tests.stages.stage import Play


async def heard(play: Play, said: str) -> PlatformEvent:
    """Returns the event of this post."""
    async with asyncio.timeout(10):
        async for event in play.platform.events(None):
            if event.remote_id == said:
                return event
    raise AssertionError(said)


def notice(to: Author, *, platform: str) -> Post:
    return Post(
        outbox_id="o-1",
        commission_id=new_id(1_780_000_000_000),
        idempotency_key="c-1:notice",
        platform=platform,
        target=Target.NOTICE,
        text="You have been tipped.",
        to=to,
        label="",
    )


async def test_a_summons_tells_what_it_answers(play: Play) -> None:
    above = await play.stage.say("@horde what is this")
    event = await heard(play, await play.stage.say("@horde describe", in_reply_to=above))
    parent = await play.platform.parent(event)
    if not play.stage.abilities.has_parents:
        assert parent is None
        return
    assert isinstance(parent, Parent)
    assert (parent.remote_id, parent.author.external_id) == (above, event.author.external_id)


async def test_a_summons_that_answers_nothing_has_no_parent_that_is_a_persons(play: Play) -> None:
    event = await heard(play, await play.stage.say("@horde help"))
    parent = await play.platform.parent(event)
    assert parent is None or parent.author.external_id != event.author.external_id


async def test_the_pictures_of_what_is_answered_are_told_with_their_words(play: Play) -> None:
    if not play.stage.abilities.has_pictures:
        event = await heard(play, await play.stage.say("@horde describe"))
        assert event.attachments == ()
        return
    above = await play.stage.show("a dog on a sofa", text="look at this")
    event = await heard(play, await play.stage.say("@horde describe", in_reply_to=above))
    parent = await play.platform.parent(event)
    assert parent is not None
    if not play.stage.abilities.sees_above:
        assert parent.pictures == ()
        return
    (picture,) = parent.pictures
    assert picture.alt_text == "a dog on a sofa"
    assert picture.url.startswith("http")


async def test_the_pictures_in_a_summons_are_told_with_it(play: Play) -> None:
    said = await (
        play.stage.show("my cat", text="@horde describe")
        if play.stage.abilities.has_pictures
        else play.stage.say("@horde describe")
    )
    event = await heard(play, said)
    expected = ["my cat"] if play.stage.abilities.has_pictures else []
    assert [one.alt_text for one in event.attachments] == expected


async def test_a_summons_tells_its_community_in_public_and_in_none_in_particular_no_age_limit(play: Play) -> None:
    event = await heard(play, await play.stage.say("@horde help"))
    assert event.community == play.stage.abilities.community
    assert not event.place_nsfw


async def test_a_parent_that_was_taken_away_is_none(play: Play) -> None:
    above = await play.stage.say("@horde what is this")
    event = await heard(play, await play.stage.say("@horde describe", in_reply_to=above))
    await play.stage.take_away(above)
    assert await play.platform.parent(event) is None


async def test_a_notice_reaches_its_reader_alone_and_is_found_again(play: Play) -> None:
    event = await heard(play, await play.stage.say("@horde help"))
    post = notice(event.author, platform=play.stage.name)
    assert play.platform.capabilities.can_notify
    delivered = await play.platform.deliver(post)
    assert isinstance(delivered, Delivered)
    (shown,) = await play.stage.posts()
    assert (shown.visibility, shown.pictures, shown.id) == (Visibility.DIRECT, 0, delivered.remote_id)
    assert "You have been tipped" in shown.text
    found = await play.platform.reconcile(post)
    assert isinstance(found, Found)
    assert found.remote_id == delivered.remote_id
