"""Source pictures: what is taken, what is refused with which code, and where it lies afterwards."""

import base64
import io
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import aiohttp
import pytest
from PIL import Image

from cdn import DiskObjects
from cdn.s3 import S3Objects
from core.api.sources import Source, SourceFetcher, Sources
from core.api.sources.picture import PIXELS_MAX, quality_of
from core.api.sources.refusals import SourceRefused
from core.domain.errors import NotFound
from core.domain.kinds.alchemy import tiles_of
from tests.api.scene import HandClock
from tests.api.sources.host import PictureHost, picture_host
from tests.seaweed import Seaweed

HOUR_MS = 3_600_000


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def objects(tmp_path: Path, clock: HandClock) -> DiskObjects:
    return DiskObjects(tmp_path, public_url="https://horde.test", secret=b"s" * 32, clock=clock)


@pytest.fixture
def sources(objects: DiskObjects, clock: HandClock) -> Sources:
    return Sources(objects=objects, clock=clock)


@pytest.fixture
async def host() -> AsyncIterator[PictureHost]:
    async with picture_host() as one:
        yield one


def picture(width_px: int = 96, height_px: int = 64, *, mode: str = "RGB") -> Image.Image:
    return Image.radial_gradient("L").resize((width_px, height_px)).convert(mode)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    body = io.BytesIO()
    image.save(body, kind, **options)
    return body.getvalue()


def text(body: bytes) -> str:
    return base64.b64encode(body).decode()


async def taken(sources: Sources, body: bytes | str, **options: Any) -> Source:
    given = body if isinstance(body, str) else text(body)
    return await sources.take(given, expires_at_ms=sources.clock.now_ms() + HOUR_MS, **options)


async def stored(sources: Sources, source: Source) -> Image.Image:
    return Image.open(io.BytesIO(await sources.objects.get(source.key)), formats=("WEBP",))


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def refusal(sources: Sources, body: bytes | str) -> SourceRefused:
    with pytest.raises(SourceRefused) as caught:
        await taken(sources, body)
    assert caught.value.field == "source_image"
    return caught.value


def png_head(width_px: int, height_px: int) -> bytes:
    """Return a PNG of a few bytes that says it is so large, with pixels that would come out of nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 6, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_becomes_a_private_webp(sources: Sources, objects: DiskObjects, kind: str) -> None:
    source = await taken(sources, encoded(picture(), kind))
    assert (source.width_px, source.height_px) == (96, 64)
    head = await objects.head(source.key)
    assert head is not None
    assert (head.content_type, head.size_bytes) == ("image/webp", source.size_bytes)
    assert not objects.is_public(source.key)
    kept = await stored(sources, source)
    assert (kept.format, kept.mode, kept.size) == ("WEBP", "RGB", (96, 64))


async def test_a_worker_gets_an_https_address_or_the_picture_itself(
    sources: Sources, tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await taken(sources, encoded(picture(), "PNG"))
    now_ms = clock.now_ms()
    monkeypatch.setattr(clock, "now_ms", lambda: now_ms)
    address = await sources.for_worker(source.key, good_s=60)
    assert address == sources.address(source.key, good_s=60)
    assert address.startswith(f"https://horde.test/objects/{source.key}?")
    plain = DiskObjects(tmp_path, public_url="http://127.0.0.1:8000", secret=b"s" * 32, clock=clock)
    inline = await Sources(objects=plain, clock=clock).for_worker(source.key, good_s=60)
    assert base64.b64decode(inline) == await plain.get(source.key)
    await plain.delete(source.key)
    with pytest.raises(NotFound):
        await Sources(objects=plain, clock=clock).for_worker(source.key, good_s=60)


async def test_it_goes_when_its_request_ends(sources: Sources, objects: DiskObjects, clock: HandClock) -> None:
    source = await taken(sources, encoded(picture(), "PNG"))
    assert await objects.prune(clock.now_ms() + HOUR_MS - 1000) == 0
    clock.ahead_ms = HOUR_MS
    assert await objects.prune(clock.now_ms()) == 1
    assert await objects.head(source.key) is None


@pytest.mark.parametrize(
    "before", ["", "data:image/png;base64,", "data:;base64,", "DATA:application/octet-stream;base64,"]
)
async def test_ways_to_write_base64(sources: Sources, before: str) -> None:
    body = text(encoded(picture(), "PNG"))
    lines = "\n".join(body[start : start + 76] for start in range(0, len(body), 76))
    for written in (body, lines, body.rstrip("=")):
        assert (await taken(sources, before + written)).width_px == 96


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_alpha_and_the_colours_under_it_are_kept(sources: Sources, kind: str) -> None:
    """An inpainting's mask is the alpha; what is under it is where the painting starts."""
    image = Image.new("RGBA", (64, 64), (200, 30, 40, 255))
    image.paste((30, 200, 40, 0), (0, 0, 32, 64))
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    kept = await stored(sources, await taken(sources, encoded(image, kind, **options)))
    assert kept.mode == "RGBA"
    alpha = kept.getchannel("A")
    assert (alpha.getpixel((10, 30)), alpha.getpixel((50, 30))) == (0, 255)
    under = kept.convert("RGBA").getpixel((10, 30))
    assert isinstance(under, tuple)
    assert (under[0] < 90, under[1] > 150) == (True, True)


async def test_a_mask_keeps_its_edges(sources: Sources) -> None:
    mask = Image.new("L", (64, 64), 0)
    mask.paste(255, (32, 0, 64, 64))
    kept = (await stored(sources, await taken(sources, encoded(mask, "PNG"), is_mask=True))).convert("L")
    first, last = kept.getpixel((20, 20)), kept.getpixel((45, 20))
    assert isinstance(first, int)
    assert isinstance(last, int)
    assert first < 8
    assert last > 247


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "I;16", "CMYK"])
async def test_modes(sources: Sources, mode: str) -> None:
    if mode == "I;16":
        image = Image.new("I;16", (64, 64), 32_768)
    else:
        image = picture(64, 64, mode=mode)
        if mode == "LA":
            image.putalpha(128)
    kind = "JPEG" if mode == "CMYK" else "PNG"
    kept = await stored(sources, await taken(sources, encoded(image, kind)))
    assert kept.mode == ("RGBA" if mode == "LA" else "RGB")
    if mode == "I;16":
        middle = kept.convert("L").getpixel((30, 30))
        assert isinstance(middle, int)
        assert 120 < middle < 136


async def test_it_is_turned_upright_and_tells_no_place(sources: Sources) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "a camera that tells on its owner"
    source = await taken(sources, encoded(picture(96, 64), "JPEG", exif=exif))
    assert (source.width_px, source.height_px) == (64, 96)
    assert b"tells on" not in await sources.objects.get(source.key)
    assert tiles_of(width_px=source.width_px, height_px=source.height_px) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "SourceImageUnreadable"),
        (b"hello", "SourceImageUnreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SourceImageUnreadable"),
        (b"%PDF-1.7" + b"x" * 100, "SourceImageUnreadable"),
        (b"\x89PNG\r\n\x1a\n", "SourceImageUnreadable"),
        (b"\xff\xd8\xff\xd9", "SourceImageUnreadable"),
        (b"\xff\xd8\xff\xe0\x00\x00" + b"\xff" * 40, "SourceImageUnreadable"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"x" * 60, "SourceImageUnreadable"),
        (encoded(picture(), "PNG")[:-200], "SourceImageUnreadable"),
        (encoded(picture(400, 400), "JPEG")[:300], "SourceImageUnreadable"),
        (encoded(picture(), "WEBP")[:-100], "SourceImageUnreadable"),
        (encoded(picture(), "GIF"), "SourceImageUnreadable"),
        (encoded(picture(), "BMP"), "SourceImageUnreadable"),
        (png_head(0, 10), "SourceImageUnreadable"),
        (png_head(64, 64)[:33] + b"\0" * 500, "SourceImageUnreadable"),
        (png_head(60_000, 60_000), "SourceImageResolutionExceeded"),
        (png_head(2**31 - 1, 2**31 - 1), "SourceImageResolutionExceeded"),
        (png_head(3073, 3072), "SourceImageResolutionExceeded"),
        (b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff" + b"\0" * 40, "SourceImageResolutionExceeded"),
        (b"\xff\xd8\xff" + b"\xff\xda\x00\x02" * 100, "SourceImageUnreadable"),
    ],
)
async def test_what_is_refused_and_leaves_nothing(sources: Sources, tmp_path: Path, body: bytes, code: str) -> None:
    assert (await refusal(sources, body)).code == code
    assert files_in(tmp_path) == []


async def test_the_limits_are_told(sources: Sources) -> None:
    refused = await refusal(sources, png_head(4096, 4096))
    assert (refused.limit, refused.value) == (PIXELS_MAX, 4096 * 4096)
    assert "4096 x 4096" in str(refused)
    refused = await refusal(sources, b"\xff\xd8\xff" + b"x" * (5 << 20))
    assert (refused.code, refused.limit, refused.value) == ("SourceImageSizeExceeded", 5 << 20, (5 << 20) + 3)
    refused = await refusal(sources, "A" * 12_000_000)
    assert refused.code == "SourceImageSizeExceeded"


@pytest.mark.parametrize("given", ["not base64!", "AAA\x00", "é", "data:image/png;base64,?", "R2", "abcde"])
async def test_what_is_neither_address_nor_base64(sources: Sources, given: str) -> None:
    assert (await refusal(sources, given)).code in {"ImageValidationFailed", "SourceImageUnreadable"}
    assert (await refusal(sources, "not base64!")).code == "ImageValidationFailed"


async def test_a_second_size_inside_does_not_fool_it(sources: Sources) -> None:
    """A JPEG whose first frame header is small and whose second is the real one."""
    real = encoded(picture(800, 800), "JPEG")
    small = b"\xff\xc0\x00\x11\x08\x00\x08\x00\x08\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    assert (await refusal(sources, real[:2] + small + real[2:])).code == "SourceImageUnreadable"


async def test_the_largest_that_is_taken(sources: Sources) -> None:
    source = await taken(sources, encoded(Image.new("RGB", (3072, 3072), (9, 99, 199)), "PNG"))
    assert (source.width_px, source.height_px) == (3072, 3072)
    assert tiles_of(width_px=source.width_px, height_px=source.height_px) == 36


def test_quality_falls_with_the_size() -> None:
    assert [quality_of(pixels=side * side) for side in (64, 512, 1024, 2048, 3072)] == [100, 100, 96, 79, 50]


async def test_an_address_is_fetched_and_what_the_host_calls_it_does_not_matter(
    objects: DiskObjects, clock: HandClock, host: PictureHost
) -> None:
    sources = Sources(objects=objects, clock=clock, fetcher=host.fetcher())
    host.routes["/a.exe"] = encoded(picture(), "JPEG")
    source = await taken(sources, f"  {host.url('/a.exe')}\n")
    assert (source.width_px, source.height_px) == (96, 64)
    host.routes["/page.png"] = b"<html>no picture</html>"
    assert (await refusal(sources, host.url("/page.png"))).code == "SourceImageUnreadable"
    host.routes["/bomb.png"] = png_head(50_000, 50_000)
    assert (await refusal(sources, host.url("/bomb.png"))).code == "SourceImageResolutionExceeded"
    assert (await refusal(sources, host.url("/nothing"))).code == "SourceImageUrlInvalid"


@pytest.mark.parametrize(
    "given", ["http://pictures.test/a", "HTTPS://127.0.0.1/", "javascript:alert(1)", "file:///etc/passwd"]
)
async def test_addresses_that_are_none_of_ours(sources: Sources, given: str) -> None:
    assert (await refusal(sources, given)).code == "SourceImageUrlInvalid"


async def test_in_buckets_only_a_signed_address_reads_it(seaweed: Seaweed, clock: HandClock) -> None:
    buckets = S3Objects(seaweed.place(prefix=f"{token_hex(8)}/"), clock=clock)
    sources = Sources(objects=buckets, clock=clock, fetcher=SourceFetcher())
    source = await taken(sources, encoded(picture(), "PNG"))
    address = sources.address(source.key, good_s=60)
    async with aiohttp.ClientSession() as session:
        async with session.get(address) as answer:
            assert (answer.status, len(await answer.read())) == (200, source.size_bytes)
            assert answer.headers["Content-Type"] == "image/webp"
        async with session.get(address.partition("?")[0]) as answer:
            assert answer.status == 403
        async with session.get(buckets.public_url(source.key)) as answer:
            assert answer.status in {403, 404}
    buckets.close()
