"""How the bot reads and writes: as private as the request or more, nobody else called, within the server's limits."""

import asyncio

import pytest

from bots.mastodon.entities import FediAccount, Instance, Status
from bots.mastodon.parse import said
from bots.mastodon.render import calm, length_of
from bots.platform import EventKind, Target, Visibility
from bots.store.rows import OutboxState
from tests.bots.mastodon.conftest import Fedi


def status(html: str) -> Status:
    ada = FediAccount(id="1", acct="ada")
    return Status(id="9", account=ada, html=html, visibility="public", created_at_ms=0)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>@horde draw for me a cat</p><p>style: flux</p>", "@horde draw for me a cat\nstyle: flux"),
        ("<p>red cat<br>with hat</p>", "red cat\nwith hat"),
        ("<p>red cat<br />with hat &amp; coat</p>", "red cat\nwith hat & coat"),
        ('<p class="quote-inline">RE: <a href="https://x.test/1">x</a></p><p>draw me a cat</p>', "draw me a cat"),
        ("<blockquote><p>draw me a dog<br>now</p></blockquote><p>draw me a cat</p>", "draw me a cat"),
        (
            '<p><span class="h-card"><a href="https://x.test/@horde">@<span>horde</span></a></span> help</p>',
            "@horde help",
        ),
        ("<p>1 &lt; 2 &#39;quoted&#39;</p>", "1 < 2 'quoted'"),
    ],
)
def test_html_becomes_the_authors_own_words(html: str, text: str) -> None:
    assert said(status(html)) == text


def test_nobody_is_called_and_nothing_tagged_by_what_people_ask_for() -> None:
    text = calm("a cat for @eve@x.test and @bob #spam, ask @horde; a@b.c", handle="horde")
    assert "@eve" not in text
    assert "@bob" not in text
    assert "#spam" not in text
    assert "@horde" in text
    assert "a@b.c" in text


def test_a_short_address_counts_as_the_server_counts_it() -> None:
    assert length_of("see https://x.test", instance=Instance(domain="x")) == len("see ") + 23


async def test_a_long_prompt_is_cut_to_the_servers_own_limit_with_the_label_kept(fedi: Fedi) -> None:
    fedi.world.chars_max = 200
    await fedi.play.ask("@horde draw for me " + "a very long red heart " * 7)
    await fedi.play.settle()
    posts = fedi.world.of(fedi.world.bot)
    assert len(posts) == 2
    assert all("AI generated" in post.text and fedi.world.length(post.text) <= 200 for post in posts)


async def test_pictures_have_words_for_those_who_cannot_see_them(fedi: Fedi) -> None:
    fedi.world.description_max = 30
    await fedi.play.ask()
    await fedi.play.settle()
    told = {upload.description for upload in fedi.world.uploads.values()}
    assert len(told) == 1
    assert all(one.startswith("AI generated picture: a red") and len(one) <= 30 for one in told)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("public", "unlisted"), ("unlisted", "unlisted"), ("private", "direct"), ("direct", "direct")],
)
async def test_the_answer_is_as_private_as_the_request_or_more(fedi: Fedi, asked: str, answered: str) -> None:
    said_id = fedi.world.say(fedi.stage.ada, "@horde draw for me a cat", visibility=asked).id
    await fedi.play.read(1)
    await fedi.play.make()
    await fedi.play.settle()
    posts = {post.in_reply_to: post.visibility for post in fedi.world.of(fedi.world.bot)}
    assert posts.pop(said_id) == answered
    assert set(posts.values()) == (set() if answered == "direct" else {"unlisted"})


async def test_a_warning_over_the_request_stands_over_the_answer(fedi: Fedi) -> None:
    said_id = fedi.world.say(fedi.stage.ada, "@horde draw for me a spider", spoiler="spiders").id
    await fedi.play.read(1)
    await fedi.play.make()
    await fedi.play.settle()
    (answer,) = [post for post in fedi.world.of(fedi.world.bot) if post.in_reply_to == said_id]
    assert (answer.spoiler, answer.sensitive) == ("spiders", True)


async def test_the_operators_warning_stands_over_every_picture(fedi: Fedi) -> None:
    fedi.stage.with_manners(content_warning="AI picture", reply_visibility="public", showcase_visibility="public")
    play = await fedi.play.again()
    await fedi.stage.say("@horde help")
    await fedi.stage.say("@horde draw for me a cat")
    await play.read(2)
    await play.make()
    await play.settle()
    posts = fedi.world.of(fedi.world.bot)
    assert sorted((post.spoiler, bool(post.media)) for post in posts) == [
        ("", False), ("AI picture", True), ("AI picture", True),
    ]  # fmt: skip
    assert {post.visibility for post in posts} == {"public"}


async def test_those_who_want_no_bots_are_left_alone(fedi: Fedi) -> None:
    eve = fedi.world.settle("eve", note="No bots here, please. #nobot")
    fedi.world.say(eve, "@horde draw for me a cat")
    said_id = await fedi.stage.say("@horde help")
    await fedi.play.read(1)
    await fedi.play.make()
    await fedi.play.settle()
    assert [post.in_reply_to for post in await fedi.stage.posts()] == [said_id]


async def test_people_of_other_servers_are_known_by_name_and_server(fedi: Fedi) -> None:
    eve = fedi.world.settle("Eve@other.test")
    fedi.world.say(eve, "@horde draw for me a cat")
    fedi.world.say(fedi.stage.ada, "@horde a cat", visibility="direct")
    stream = fedi.play.platform.events("0")
    async with asyncio.timeout(10):
        remote, own = await anext(stream), await anext(stream)
    assert remote.author.external_id == "eve@other.test"
    assert (own.author.external_id, own.kind, own.visibility) == (
        "ada@fedi.test",
        EventKind.DIRECT,
        Visibility.DIRECT,
    )


async def test_notifications_that_are_about_no_post_are_passed_over(fedi: Fedi) -> None:
    for kind in ("follow", "moderation_warning", "severed_relationships", "mention"):
        fedi.world.notify(fedi.world.bot.id, kind, fedi.stage.ada, None)
    said_id = await fedi.stage.say("@horde help")
    async with asyncio.timeout(10):
        assert (await anext(fedi.play.platform.events("0"))).remote_id == said_id


async def test_the_limits_are_the_servers_own(fedi: Fedi) -> None:
    fedi.world.chars_max, fedi.world.media_max, fedi.world.description_max = 1_234, 7, 321
    await fedi.stage.say("@horde help")
    await fedi.play.read(1)
    able = fedi.play.platform.capabilities
    assert (able.text_chars_max, able.media_max, able.alt_text_chars_max) == (1_234, 7, 321)


async def test_an_answer_links_the_showcase_post(fedi: Fedi) -> None:
    said_id = await fedi.play.ask()
    await fedi.play.settle()
    rows = {row.target: row for row in await fedi.play.rows()}
    assert {row.state for row in rows.values()} == {OutboxState.SENT}
    (answer,) = [post for post in fedi.world.of(fedi.world.bot) if post.in_reply_to == said_id]
    assert str(rows[Target.SHOWCASE].remote_url) in answer.text
    assert answer.text.startswith("@ada@fedi.test ")
