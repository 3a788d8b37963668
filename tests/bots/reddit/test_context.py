"""What the bot knows of a summons besides its words: what it answers, the pictures, the place and its age limit."""

import pytest

from bots.platform import Parent, PlatformDown, PlatformEvent
from bots.reddit.adapter import RedditPlatform
from bots.reddit.pictures import pictures_of
from bots.reddit.wire import ToldToWait
from tests.bots.reddit.conftest import Connect
from tests.bots.reddit.reddit_scene import RedditScene
from tests.bots.reddit.test_inbox import read

GALLERY = {
    "gallery_data": {"items": [{"media_id": "b", "caption": "the second"}, {"media_id": "a"}, {"media_id": "late"}]},
    "media_metadata": {
        "a": {"status": "valid", "m": "image/png", "s": {"u": "https://preview.test/a.png?s=1&amp;t=2"}},
        "b": {"status": "valid", "m": "image/jpg", "s": {"u": "https://preview.test/b.jpg"}},
        "late": {"status": "unprocessed"},
    },
}


@pytest.mark.parametrize(
    ("thing", "urls"),
    [
        ({"url": "https://pictures.test/cat.PNG?size=1"}, ["https://pictures.test/cat.PNG?size=1"]),
        ({"url": "https://news.test/story", "preview": {"images": [{"source": {"url": "https://p.test/x"}}]}}, []),
        (
            {"url": "https://p.test/1", "post_hint": "image", "preview": {"images": [{"source": {"url": "https://p.test/x"}}]}},
            ["https://p.test/x"],
        ),
        (GALLERY, ["https://preview.test/b.jpg", "https://preview.test/a.png?s=1&t=2"]),
        ({"body": "see [this](https://x.test/a.webp) and https://x.test/b.jpg, not https://x.test/c"},
         ["https://x.test/a.webp", "https://x.test/b.jpg"]),
        ({"body": "![img](a)", "media_metadata": GALLERY["media_metadata"]}, ["https://preview.test/a.png?s=1&t=2"]),
        ({"crosspost_parent_list": [{"url": "https://x.test/d.gif"}]}, ["https://x.test/d.gif"]),
        ({"body": "http://[broken.png and ftp://x.test/a.png and [x](javascript:a.png)"}, []),
        ({"selftext": "https://x.test/e.png https://x.test/e.png"}, ["https://x.test/e.png"]),
    ],
)  # fmt: skip
def test_pictures_are_found_wherever_reddit_has_them(thing: dict[str, object], urls: list[str]) -> None:
    assert [one.url for one in pictures_of(thing)] == urls


def test_a_picture_has_its_caption_and_its_kind() -> None:
    first, second = pictures_of(GALLERY)
    assert (first.alt_text, second.content_type) == ("the second", "image/png")


async def heard(platform: RedditPlatform) -> PlatformEvent:
    (event,) = await read(platform, None, count=1)
    return event


async def test_a_post_that_is_answered_has_its_author_its_title_and_its_picture(
    play: RedditScene, connect: Connect
) -> None:
    above = play.town.submit(author="Bob", subreddit="Pictures", title="My cat", url="https://x.test/cat.jpg")
    play.town.mention("u/horde-bot describe", below=above["name"])
    platform = connect()
    parent = await platform.parent(await heard(platform))
    assert isinstance(parent, Parent)
    assert (parent.remote_id, parent.author.external_id, parent.text) == (above["name"], "bob", "My cat")
    assert [(one.url, one.content_type) for one in parent.pictures] == [("https://x.test/cat.jpg", "image/jpeg")]


async def test_a_comment_or_a_message_that_is_answered_is_found(play: RedditScene, connect: Connect) -> None:
    post = play.town.submit(author="eve", subreddit="Pictures", title="Talk")
    above = play.town.comment(author="bob", parent=post["name"], text="mine: [cat](https://x.test/cat.png)")
    play.town.mention("u/horde-bot describe", below=above["name"])
    platform = connect()
    parent = await platform.parent(await heard(platform))
    assert parent is not None
    assert (parent.author.external_id, len(parent.pictures)) == ("bob", 1)
    play.town.unread.clear()
    own = play.town.message(author="horde-bot", to="ann", text="Here: [Picture](https://cdn.test/1.webp)")
    play.town.message(author="ann", to="horde-bot", text="upscale", parent=own["name"])
    parent = await platform.parent(await heard(platform))
    assert parent is not None
    assert (parent.author.is_bot, [one.url for one in parent.pictures]) == (True, ["https://cdn.test/1.webp"])


async def test_what_is_gone_is_no_parent_and_an_outage_is_told(play: RedditScene, connect: Connect) -> None:
    above = play.town.submit(author="bob", subreddit="pictures", title="My cat", url="https://x.test/cat.jpg")
    play.town.mention("u/horde-bot describe", below=above["name"])
    platform = connect()
    event = await heard(platform)
    play.double.faults.order("/api/info/", "503")
    with pytest.raises(PlatformDown):
        await platform.parent(event)
    play.town.remove(above["name"], word="[removed]")
    assert await platform.parent(event) is None


async def test_a_summons_tells_its_subreddit_its_age_limit_and_its_pictures(
    play: RedditScene, connect: Connect
) -> None:
    play.town.community("Adults").over_18 = True
    tame = play.town.mention("u/horde-bot describe https://x.test/cat.png", subreddit="Pictures")
    play.scene.clock.pass_s(2)
    wild = play.town.mention("u/horde-bot draw me a cat", subreddit="Adults")
    play.scene.clock.pass_s(2)
    marked = play.town.submit(author="eve", subreddit="Pictures", title="hm")
    marked["over_18"] = True
    play.town.mention("u/horde-bot draw me a cat", below=marked["name"])
    play.scene.clock.pass_s(2)
    play.town.message(author="ann", to="horde-bot", text="a cat")
    events = await read(connect(), None, count=4)
    assert [event.event_id for event in events[:2]] == [tame["name"], wild["name"]]
    assert [event.community for event in events] == ["pictures", "adults", "pictures", ""]
    assert [event.place_nsfw for event in events] == [False, True, True, False]
    assert [one.url for one in events[0].attachments] == ["https://x.test/cat.png"]


async def test_a_rush_of_summons_is_looked_up_a_hundred_at_once(play: RedditScene, connect: Connect) -> None:
    for number in range(150):
        play.town.mention(f"u/horde-bot draw me {number} cats", author=f"person{number}")
    await read(connect(), None, count=150)
    assert play.town.calls["/api/info/"] == 2
    assert play.town.calls["/r/pictures/about"] == 1
    assert sum(count for path, count in play.town.calls.items() if path.startswith("/user/person")) <= 5


def test_a_wait_has_its_bounds() -> None:
    assert ToldToWait("x", wait_s=-1).wait_s == 0
