"""What the bot knows of a summons besides its words, and what it says that answers nothing."""

import asyncio
from dataclasses import replace

import pytest

from bots.platform import (
    Absent,
    Ambiguous,
    Author,
    Delivered,
    EventKind,
    Found,
    Parent,
    PlatformDown,
    PlatformEvent,
    Post,
    Refused,
    RetryAt,
    Target,
)
from tests.bots.mastodon.conftest import Fedi
from tests.doubles.mastodon import POST_STATUS
from tests.stages.stage import PICTURE


async def heard(fedi: Fedi, *, count: int = 1) -> list[PlatformEvent]:
    async with asyncio.timeout(10):
        stream = fedi.play.platform.events("0")
        return [await anext(stream) for _ in range(count)]


def notice(text: str = "You have been tipped.") -> Post:
    return Post(
        outbox_id="o-1",
        commission_id="c-1",
        idempotency_key="c-1:notice",
        platform="mastodon",
        target=Target.NOTICE,
        text=text,
        to=Author(external_id="ada@fedi.test", display_name="@ada@fedi.test"),
        label="",
    )


async def test_the_answered_post_has_its_author_and_its_pictures(fedi: Fedi) -> None:
    bob = fedi.world.settle("bob@other.test")
    photo = fedi.world.upload(bob, PICTURE, content_type="image/webp", description="a dog on a sofa")
    above = fedi.world.say(bob, "look at this", media=(photo.id,))
    await fedi.stage.say("@horde describe", in_reply_to=above.id)
    (event,) = await heard(fedi)
    parent = await fedi.play.platform.parent(event)
    assert isinstance(parent, Parent)
    assert (parent.remote_id, parent.author.external_id, parent.text) == (above.id, "bob@other.test", "look at this")
    assert [(one.url, one.alt_text) for one in parent.pictures] == [
        (f"{fedi.double.url}/media/{photo.id}", "a dog on a sofa")
    ]


async def test_the_pictures_of_those_who_want_no_bots_are_not_looked_at(fedi: Fedi) -> None:
    eve = fedi.world.settle("eve", note="#nobot please")
    photo = fedi.world.upload(eve, PICTURE, content_type="image/webp")
    above = fedi.world.say(eve, "mine", media=(photo.id,))
    await fedi.stage.say("@horde describe", in_reply_to=above.id)
    (event,) = await heard(fedi)
    parent = await fedi.play.platform.parent(event)
    assert parent is not None
    assert parent.pictures == ()


async def test_a_parent_that_is_gone_is_none_and_a_server_that_is_down_is_said_so(fedi: Fedi) -> None:
    above = await fedi.stage.say("look at this")
    await fedi.stage.say("@horde describe", in_reply_to=above)
    first, second = await heard(fedi, count=2)
    assert await fedi.play.platform.parent(first) is None
    fedi.double.outage = "503"
    with pytest.raises(PlatformDown):
        await fedi.play.platform.parent(second)
    fedi.double.outage = None
    await fedi.stage.take_away(above)
    assert await fedi.play.platform.parent(second) is None


async def test_a_summons_tells_its_pictures_its_server_and_whether_it_is_under_a_warning(fedi: Fedi) -> None:
    photo = fedi.world.upload(fedi.stage.ada, PICTURE, content_type="image/webp", description="my cat")
    fedi.world.say(fedi.stage.ada, "@horde describe", media=(photo.id,))
    bob = fedi.world.settle("bob@other.test")
    fedi.world.say(bob, "@horde draw for me a spider", spoiler="spiders")
    first, second = await heard(fedi, count=2)
    assert [one.alt_text for one in first.attachments] == ["my cat"]
    assert (first.community, first.place_nsfw) == ("fedi.test", False)
    assert (second.community, second.place_nsfw, second.attachments) == ("other.test", True, ())


async def test_boosts_and_favourites_are_votes(fedi: Fedi) -> None:
    await fedi.play.ask()
    await fedi.play.settle()
    shown = next(post for post in await fedi.stage.posts() if post.in_reply_to is None)
    bob = fedi.world.settle("bob")
    fedi.world.favourite(fedi.stage.ada, shown.id)
    fedi.world.boost(fedi.stage.ada, shown.id)
    fedi.world.boost(bob, shown.id)
    await fedi.play.read(4)
    await fedi.play.make()
    row = next(row for row in await fedi.play.rows() if row.target is Target.SHOWCASE)
    assert (await fedi.play.rating(row.commission_id)).up == 2
    assert {event.kind for event in (await heard(fedi, count=4))[1:]} == {EventKind.VOTE}


@pytest.mark.parametrize("fedi", ["", "gotosocial"], indirect=True)
async def test_a_notice_is_a_direct_post_to_its_reader_and_found_again(fedi: Fedi) -> None:
    assert await fedi.play.platform.reconcile(notice()) == Absent()
    fedi.double.faults.append((POST_STATUS, "accept-then-503"))
    assert isinstance(await fedi.play.platform.deliver(notice()), Ambiguous)
    (post,) = fedi.world.of(fedi.world.bot)
    assert (post.visibility, post.in_reply_to, post.mentions) == ("direct", None, [fedi.stage.ada.id])
    assert "You have been tipped." in post.text
    assert "AI generated" not in post.text
    found = await fedi.play.platform.reconcile(notice())
    assert isinstance(found, Found)
    assert found.remote_id == post.id


async def test_notices_take_no_room_from_the_showcase(fedi: Fedi) -> None:
    fedi.stage.with_manners(showcase_per_hour=1)
    fedi.play.platform = fedi.stage.platform()
    assert isinstance(await fedi.play.platform.deliver(notice()), Delivered)
    await fedi.play.ask()
    await fedi.play.settle(passes=2)
    assert len(await fedi.stage.posts()) == 3


async def test_a_notice_to_a_server_at_its_limit_waits_and_one_it_refuses_is_given_up(fedi: Fedi) -> None:
    fedi.double.limit_for_s(60)
    assert isinstance(await fedi.play.platform.deliver(notice()), RetryAt)
    fedi.double.limit_for_s(0)
    assert isinstance(await fedi.play.platform.deliver(notice()), Delivered)
    fedi.world.chars_max = 5
    assert isinstance(await fedi.play.platform.deliver(replace(notice(), idempotency_key="c-2:notice")), Refused)


async def test_pictures_that_are_not_safe_for_work_are_behind_a_cover(fedi: Fedi) -> None:
    await fedi.play.ask()
    row = next(row for row in await fedi.play.rows() if row.target is Target.SHOWCASE)
    assert isinstance(await fedi.play.platform.deliver(replace(row.post, nsfw=True)), Delivered)
    (post,) = fedi.world.of(fedi.world.bot)
    assert (post.sensitive, post.spoiler) == (True, "")


async def test_a_post_without_a_label_has_only_its_mark(fedi: Fedi) -> None:
    await fedi.play.ask()
    row = next(row for row in await fedi.play.rows() if row.target is Target.SHOWCASE)
    bare = replace(row.post, label="")
    assert isinstance(await fedi.play.platform.deliver(bare), Delivered)
    (post,) = fedi.world.of(fedi.world.bot)
    assert "AI generated" not in post.text
    assert isinstance(await fedi.play.platform.reconcile(bare), Found)


async def test_an_edit_keeps_the_warning_over_the_post(fedi: Fedi) -> None:
    said = fedi.world.say(fedi.stage.ada, "@horde draw for me a spider", spoiler="spiders").id
    await fedi.play.read(1)
    await fedi.play.make()
    await fedi.play.settle()
    row = next(row for row in await fedi.play.rows() if row.target is Target.REPLY)
    edited = replace(row.post, text="other words", spoiler=None)
    assert isinstance(await fedi.play.platform.edit(str(row.remote_id), edited), Delivered)
    (answer,) = [post for post in fedi.world.of(fedi.world.bot) if post.in_reply_to == said]
    assert (answer.spoiler, answer.sensitive) == ("spiders", True)
    assert "other words" in answer.text
