"""The timeline as a platform: what the bots read from it and post to it."""

import asyncio

from bots.platform import Absent, Delivered, EventKind, Found, Refused, Target
from tests.commons.conftest import Timeline


async def test_mentions_and_votes_become_events_once_and_in_order(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    first = await timeline.summon(visitor)
    await timeline.summon(visitor, "only a note")
    stream = timeline.platform.events(None)
    async with asyncio.timeout(5):
        mention = await anext(stream)
        assert (mention.kind, mention.remote_id, mention.text) == (
            EventKind.MENTION,
            str(first),
            "@horde draw for me a red heart",
        )
        reply = await timeline.answer(first)
        await visitor.send(f"/commons/posts/{reply}/vote", vote="down")
        vote = await anext(stream)
    assert (vote.kind, vote.value, vote.remote_id) == (EventKind.VOTE, -1, str(reply))
    assert vote.author == mention.author
    later, _ = await timeline.platform.client.news(vote.cursor, limit=10)
    assert later == []


async def test_a_hundred_notes_do_not_hide_the_mention_after_them(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    for number in range(101):
        await timeline.summon(visitor, f"note {number}")
    await timeline.summon(visitor)
    async with asyncio.timeout(10):
        assert (await anext(timeline.platform.events(None))).text == "@horde draw for me a red heart"


async def test_an_answer_to_the_bot_needs_no_mention(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    post_id = await timeline.summon(visitor)
    reply = await timeline.answer(post_id)
    again = await visitor.send("/commons/posts", text="again", in_reply_to=str(reply))
    event = await timeline.event_of(again.body["id"])
    assert (event.kind, event.in_reply_to, event.text) == (EventKind.MENTION, str(reply), "again")
    thread = await visitor.json(f"/commons/posts/{post_id}")
    assert [post["id"] for post in thread["replies"]] == [reply, again.body["id"]]
    assert thread["way"]["post_id"] == again.body["id"]


async def test_an_outbox_row_is_delivered_once_however_often_it_is_sent(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    post = await timeline.post(await timeline.summon(visitor))
    assert await timeline.platform.reconcile(post) == Absent()
    outcomes = await asyncio.gather(*(timeline.platform.deliver(post) for _ in range(5)))
    assert outcomes == [Delivered(remote_id="2", url="/posts/2")] * 5
    assert await timeline.platform.reconcile(post) == Found(remote_id="2", url="/posts/2")
    assert len((await visitor.json("/commons/posts/1"))["replies"]) == 1


async def test_an_answer_to_a_post_that_is_gone_is_refused(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    post = await timeline.post(await timeline.summon(visitor))
    assert await timeline.platform.delete("1") == Delivered(remote_id="1")
    assert await timeline.platform.delete("1") == Delivered(remote_id="1")
    assert isinstance(await timeline.platform.deliver(post), Refused)


async def test_the_showcase_takes_what_other_platforms_made(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    post = await timeline.post(await timeline.summon(visitor), target=Target.SHOWCASE, in_reply_to="t3_abc")
    assert isinstance(await timeline.platform.deliver(post), Delivered)
    assert [tile["id"] for tile in (await visitor.json("/commons/feed?view=showcase"))["items"]] == [2]
    assert [item["id"] for item in (await visitor.json("/commons/feed"))["items"]] == [1]


async def test_a_post_is_edited_in_place(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    post = await timeline.post(await timeline.summon(visitor), pictures=0, text="first")
    await timeline.platform.deliver(post)
    changed = await timeline.post(1, pictures=0, text="second")
    assert await timeline.platform.edit("2", changed) == Delivered(remote_id="2", url="/posts/2")
    assert (await visitor.json("/commons/posts/1"))["replies"][0]["text"] == "second"
    assert isinstance(await timeline.platform.edit("99", changed), Refused)
