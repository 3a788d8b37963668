"""People have pictures read, changed, varied and started from: attached ones, those they answer, and their own."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from bots.platform import Attachment, Author, Parent, PlatformDown, PlatformEvent, Target, Visibility
from bots.store.rows import CommissionState
from core.domain.jobs import Leased
from core.domain.kinds.alchemy import AlchemyParams
from core.domain.kinds.kind import Kind
from core.ports.keys import SOURCES
from core.services.kudos.audit import audit
from tests.api.sources.host import PictureHost, picture_host
from tests.bots.makers import alchemist, finding, painter, work
from tests.bots.scene import Scene, picture
from tests.bots.square import HandClock, Square
from tests.stores import Database


def png(width_px: int = 640, height_px: int = 320) -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (width_px, height_px), "teal").save(body, "PNG")
    return body.getvalue()


@pytest_asyncio.fixture
async def host() -> AsyncIterator[PictureHost]:
    async with picture_host() as running:
        running.routes["/a"] = png()
        yield running


@pytest_asyncio.fixture
async def scene(tmp_path: Path, database: Database, host: PictureHost) -> Scene:
    clock = HandClock()
    return await Scene.set_up(tmp_path, await database.open(clock=clock), clock, fetcher=host.fetcher())


def attached(host: PictureHost, path: str = "/a") -> tuple[Attachment, ...]:
    return (Attachment(url=host.url(path), content_type="image/png"),)


async def drawn(scene: Scene, text: str = "@horde draw me a cat seed: 7", *, by: str = "ann") -> PlatformEvent:
    """A picture that was drawn, shown to all (p1) and handed over (p2), its file in the store."""
    event = scene.square.say(text, by=by)
    await scene.accept()
    for job in await scene.work():
        await scene.objects.put(f"pictures/2026/11/{job.job_id}.webp", png(), content_type="image/webp")
    await scene.react()
    await scene.deliver()
    return event


async def told(scene: Scene, event: PlatformEvent) -> str:
    await scene.react()
    await scene.deliver()
    [reply] = [post for post in scene.square.of(Target.REPLY) if post.in_reply_to == event.remote_id]
    return reply.text


async def test_an_attached_picture_is_described(scene: Scene, host: PictureHost) -> None:
    await work(scene, alchemist(scene, "caption"), picture)
    event = scene.square.say("@horde describe this picture", attachments=attached(host))
    await scene.accept()
    [job] = await work(scene, alchemist(scene, "caption"), finding("caption", "a teal field"))
    assert isinstance(job.params, AlchemyParams)
    assert job.params.source_image.startswith(SOURCES)
    assert (await scene.objects.get(job.params.source_image))[8:12] == b"WEBP"
    assert "I see: a teal field\n" in await told(scene, event)
    [reply] = scene.square.posts.values()
    assert reply.label == "AI generated"
    mine = await scene.commission(event)
    assert (mine.kind, mine.state, mine.price_mk) == (Kind.ALCHEMY, CommissionState.ANSWERED, 1_000)
    assert (await scene.uow.read(audit)).ok


@pytest.mark.parametrize(
    ("asked", "read", "said"),
    [
        ("caption", ("caption", "a teal field"), "I see: a teal field"),
        ("interrogate", ("interrogation", {"tags": [{"text": "teal", "confidence": 0.9}]}), "tags: teal"),
        ("nsfw check", ("nsfw", False), "looks safe for work to me"),
        ("is this nsfw?", ("nsfw", True), "does not look safe for work"),
    ],
)
async def test_a_strangers_picture_is_read_when_someone_answers_it(
    scene: Scene, host: PictureHost, asked: str, read: tuple[str, object], said: str
) -> None:
    form, found = read
    stranger = Author(external_id="bob", display_name="Bob")
    scene.square.parents["e1"] = Parent(remote_id="x1", author=stranger, pictures=attached(host))
    event = scene.square.say(f"@horde {asked}", in_reply_to="x1")
    await scene.accept()
    [job] = await work(scene, alchemist(scene), finding(form, found))
    assert job.model == form
    assert said in await told(scene, event)


async def test_without_a_picture_it_is_said_that_there_is_none(scene: Scene) -> None:
    stranger = Author(external_id="bob", display_name="Bob")
    scene.square.parents["e1"] = Parent(remote_id="x1", author=stranger, text="no picture here")
    event = scene.square.say("@horde describe this", in_reply_to="x1")
    await scene.play()
    assert "I see no picture" in await told(scene, event)
    assert (await scene.commission(event)).state is CommissionState.REFUSED


@pytest.mark.parametrize(("asked", "form"), [("upscale", "RealESRGAN_x4plus"), ("fix face", "GFPGAN")])
async def test_our_own_picture_is_changed_without_a_fetch_and_not_shown_to_all(
    scene: Scene, host: PictureHost, asked: str, form: str
) -> None:
    await drawn(scene)
    await work(scene, alchemist(scene), picture)
    event = scene.square.say(f"@horde {asked}", in_reply_to="p2")
    await scene.accept()
    [job] = await work(scene, alchemist(scene), picture)
    assert job.model == form
    assert isinstance(job.params, AlchemyParams)
    assert await scene.objects.get(job.params.source_image) == png()
    await told(scene, event)
    assert len(scene.square.of(Target.SHOWCASE)) == 1
    reply = list(scene.square.posts.values())[-1]
    assert [one.alt_text for one in reply.media] == [f"A picture changed by {form}"]
    assert not host.seen


async def test_upscale_without_an_answer_means_the_latest_picture(scene: Scene) -> None:
    await drawn(scene)
    await work(scene, alchemist(scene), picture)
    scene.square.say("@horde upscale")
    await scene.accept()
    assert len(await work(scene, alchemist(scene), picture)) == 1


async def test_an_attached_picture_is_what_a_drawing_starts_from(scene: Scene, host: PictureHost) -> None:
    event = scene.square.say("@horde draw this as a watercolour strength: 40%", attachments=attached(host))
    await scene.accept()
    [job] = await work(scene, painter(scene), picture)
    assert str(job.extra["source_image"]).startswith(SOURCES)
    assert (job.extra["source_processing"], job.extra["denoising_strength"]) == ("img2img", 0.4)
    assert "a watercolour" in job.prompt
    assert "this" not in job.prompt
    assert image_size(job)[0] > image_size(job)[1]
    assert "a watercolour" in await told(scene, event)


def image_size(job: Leased) -> tuple[int, int]:
    return job.image.width_px, job.image.height_px


async def test_words_that_only_seem_to_point_at_a_picture_stay_in_the_prompt(scene: Scene) -> None:
    scene.square.say("@horde draw it with a hat")
    await scene.accept()
    [job] = await work(scene, painter(scene), picture)
    assert "it with a hat" in job.prompt
    assert "source_image" not in job.extra


async def test_again_starts_from_the_same_picture(scene: Scene, host: PictureHost) -> None:
    scene.square.say("@horde remix this as a comic", attachments=attached(host))
    await scene.accept()
    await work(scene, painter(scene), picture)
    await scene.react()
    scene.square.say("@horde again strength: 0.9")
    await scene.accept()
    [job] = await work(scene, painter(scene), picture)
    assert str(job.extra["source_image"]).startswith(SOURCES)
    assert job.extra["denoising_strength"] == 0.9


async def test_vary_starts_from_the_picture_or_takes_another_seed(scene: Scene) -> None:
    await drawn(scene)
    scene.square.say("@horde vary with a hat", in_reply_to="p2", by="ann")
    await scene.accept()
    [job] = await work(scene, painter(scene), picture)
    assert "a cat with a hat" in job.prompt
    assert job.extra["denoising_strength"] == 0.5
    assert job.seed != 7
    scene.clock.pass_s(1_000)
    await work(scene, painter(scene, img2img=False), picture)
    event = scene.square.say("@horde vary", in_reply_to="p1")
    await scene.accept()
    [job] = await work(scene, painter(scene, img2img=False), picture)
    assert "source_image" not in job.extra
    assert job.seed != 7
    assert "another seed" in await told(scene, event)


async def test_others_may_vary_what_is_shown_to_all_but_not_what_is_private(scene: Scene) -> None:
    await drawn(scene)
    scene.square.say("@horde vary", in_reply_to="p1", by="bob")
    await scene.accept()
    assert len(await work(scene, painter(scene), picture)) == 1
    await scene.react()
    await scene.deliver()
    hidden = scene.square.say("@horde draw me a dog\nprivate")
    await scene.play()
    secret = next(at for at, post in scene.square.posts.items() if post.in_reply_to == hidden.remote_id)
    scene.square.say("@horde upscale", in_reply_to=secret, by="eve")
    await scene.play()
    assert "I see no picture" in list(scene.square.posts.values())[-1].text


async def test_a_source_needs_a_worker_that_can(scene: Scene, host: PictureHost) -> None:
    await work(scene, painter(scene, img2img=False), picture)
    event = scene.square.say("@horde draw this as a comic", attachments=attached(host))
    await scene.play()
    assert "No worker that is here now can start from a picture" in await told(scene, event)


async def test_a_form_that_nobody_does_comes_with_those_that_are_done(scene: Scene, host: PictureHost) -> None:
    await work(scene, alchemist(scene, "caption", "nsfw"), finding("caption", ""))
    event = scene.square.say("@horde upscale", attachments=attached(host))
    await scene.play()
    said = await told(scene, event)
    assert "RealESRGAN_x4plus" in said
    assert "caption, nsfw" in said


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/large", png(4_000, 4_000), "too large"),
        ("/text", b"no picture at all", "I could not get that picture"),
        ("/gone", None, "I could not get that picture"),
    ],
)
async def test_pictures_that_are_not_taken_are_refused_in_words(
    scene: Scene, host: PictureHost, path: str, body: bytes | None, said: str
) -> None:
    if body is not None:
        host.routes[path] = body
    event = scene.square.say("@horde describe this", attachments=attached(host, path))
    await scene.play()
    assert said in await told(scene, event)
    assert (await scene.commission(event)).state is CommissionState.REFUSED


async def test_private_addresses_are_never_asked(scene: Scene) -> None:
    inside = (Attachment(url="https://10.0.0.7/secret.png", content_type="image/png"),)
    event = scene.square.say("@horde describe this", attachments=inside)
    await scene.play()
    said = await told(scene, event)
    assert "I could not get that picture" in said
    assert "10.0.0.7" not in said


async def test_a_platform_that_is_down_is_asked_again_and_holds_nobody_up(scene: Scene) -> None:
    square = Down(scene.clock)
    scene.square = square
    event = square.say("@horde describe this", in_reply_to="x1")
    other = square.say("@horde draw me a cat", by="bob")
    await scene.accept()
    assert (await scene.commission(event)).state is CommissionState.NEW
    assert (await scene.commission(other)).state is CommissionState.ACCEPTED
    square.down = False
    await scene.play()
    assert (await scene.commission(event)).state is CommissionState.REFUSED
    square.down = True
    late = square.say("@horde describe this", in_reply_to="x1")
    await scene.read_inbox()
    scene.clock.pass_s(200)
    await scene.accept()
    await scene.deliver()
    assert (await scene.commission(late)).state is CommissionState.REFUSED
    assert "cannot get at the post" in list(square.posts.values())[-1].text


class Down(Square):
    """A square that tells nothing of its posts while it is down."""

    down = True

    async def parent(self, event: PlatformEvent) -> Parent | None:
        if self.down:
            raise PlatformDown("it is down")
        return await super().parent(event)


async def test_a_changed_picture_that_was_asked_for_in_private_stays_private(scene: Scene, host: PictureHost) -> None:
    event = scene.square.say("@horde fix face", attachments=attached(host), visibility=Visibility.DIRECT)
    await scene.accept()
    await work(scene, alchemist(scene), picture)
    assert "you have" in await told(scene, event)
    [reply] = scene.square.posts.values()
    assert reply.visibility is Visibility.DIRECT
