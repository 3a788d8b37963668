"""Pictures within the server's limits, and links to those that it does not take."""

import io

import pytest
from PIL import Image

from bots.mastodon.entities import Instance
from bots.mastodon.pictures import made_to_fit
from bots.platform import Delivered, Target
from tests.bots.mastodon.conftest import Fedi
from tests.doubles.fediverse import pixels_of
from tests.doubles.mastodon import POST_STATUS


def noise(*, width_px: int = 200, height_px: int = 100) -> bytes:
    """Returns a picture that does not compress well."""
    written = io.BytesIO()
    Image.effect_noise((width_px, height_px), 200).convert("RGB").save(written, "PNG")
    return written.getvalue()


async def asked(fedi: Fedi, body: bytes) -> None:
    """Someone has asked for a picture, and it is this one."""
    await fedi.play.ask()
    row = (await fedi.play.rows())[0]
    await fedi.play.scene.objects.put(row.post.media[0].key, body, content_type="image/webp")


def test_a_picture_is_made_smaller_until_it_fits() -> None:
    limits = Instance(domain="x", image_bytes_max=6_000, image_pixels_max=10_000, kinds=frozenset({"image/jpeg"}))
    made = made_to_fit(noise(), instance=limits)
    assert made is not None
    body, kind = made
    assert kind == "image/jpeg"
    assert len(body) <= 6_000
    with Image.open(io.BytesIO(body)) as opened:
        assert opened.format == "JPEG"
        assert opened.width * opened.height <= 10_000
        assert opened.width == pytest.approx(2 * opened.height, rel=0.05)


def test_what_cannot_be_made_to_fit_is_left() -> None:
    assert made_to_fit(b"no picture", instance=Instance(domain="x")) is None
    assert made_to_fit(noise(), instance=Instance(domain="x", kinds=frozenset({"image/avif"}))) is None
    assert made_to_fit(noise(), instance=Instance(domain="x", image_bytes_max=10)) is None


async def test_a_picture_that_is_too_large_for_the_server_is_sent_smaller(fedi: Fedi) -> None:
    fedi.world.image_bytes_max = 5_000
    await asked(fedi, noise())
    await fedi.play.settle()
    assert [post.pictures for post in await fedi.stage.posts()] == [1, 1]
    sizes = [len(upload.body) for upload in fedi.world.uploads.values()]
    assert sizes
    assert max(sizes) <= 5_000
    assert all(pixels_of(upload.body) > 1_000 for upload in fedi.world.uploads.values())


@pytest.mark.parametrize("fedi", ["", "gotosocial"], indirect=True)
async def test_a_picture_that_the_server_does_not_take_is_linked(fedi: Fedi) -> None:
    fedi.world.takes_media = False
    await fedi.play.ask()
    await fedi.play.settle()
    posts = fedi.world.of(fedi.world.bot)
    assert [len(post.media) for post in posts] == [0, 0]
    link = (await fedi.play.rows())[0].post.media[0].url
    assert all(link in post.text and "AI generated" in post.text for post in posts)


@pytest.mark.parametrize("fedi", ["", "gotosocial"], indirect=True)
async def test_a_picture_that_is_not_ready_after_all_is_waited_for(fedi: Fedi) -> None:
    fedi.world.posts_too_early = 1
    await fedi.play.ask()
    await fedi.play.settle()
    assert [post.pictures for post in await fedi.stage.posts()] == [1, 1]


@pytest.mark.parametrize("fedi", ["", "gotosocial"], indirect=True)
async def test_a_post_that_something_between_sends_twice_is_there_once_and_known(fedi: Fedi) -> None:
    await fedi.play.ask()
    row = next(row for row in await fedi.play.rows() if row.target is Target.SHOWCASE)
    fedi.double.faults.append((POST_STATUS, "repeat"))
    outcome = await fedi.play.platform.deliver(row.post)
    (post,) = fedi.world.of(fedi.world.bot)
    assert outcome == Delivered(remote_id=post.id, url=f"{fedi.double.url}/@horde/{post.id}")


@pytest.mark.parametrize("fedi", ["", "gotosocial"], indirect=True)
async def test_a_picture_that_never_gets_ready_is_linked(fedi: Fedi) -> None:
    fedi.world.posts_too_early = 1_000
    await fedi.play.ask()
    await fedi.play.settle()
    link = (await fedi.play.rows())[0].post.media[0].url
    posts = fedi.world.of(fedi.world.bot)
    assert [(len(post.media), link in post.text) for post in posts] == [(0, True), (0, True)]
