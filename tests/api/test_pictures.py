"""What a worker's bytes are found to be."""

import base64
import io
import struct

import pytest
from PIL import Image

from core.api.pictures import (
    HEAD_BYTES,
    PIXELS_MAX,
    BrokenPictureError,
    decode_whole,
    from_base64,
    read_head,
)


def picture(
    width_px: int = 64, height_px: int = 128, *, mode: str = "RGB", form: str = "WEBP", **options: object
) -> bytes:
    body = io.BytesIO()
    shades = Image.radial_gradient("L").resize((width_px, height_px))
    shown = shades.convert(mode)
    if mode == "RGBA":
        shown.putalpha(shades)
    shown.save(body, form, **options)
    return body.getvalue()


KINDS = {
    "lossy": picture(),
    "lossless": picture(lossless=True),
    "alpha": picture(mode="RGBA"),
    "with metadata": picture(exif=b"Exif\x00\x00" + b"x" * 40),
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_webp_is_read_and_decoded(kind: str) -> None:
    body = KINDS[kind]
    head = read_head(body[:HEAD_BYTES])
    assert (head.width_px, head.height_px) == (64, 128)
    assert head.size_bytes in (len(body), len(body) - 1)
    decode_whole(body, head)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "something else"),
        (b"<!doctype html><html><body>502 Bad Gateway</body></html>", "HTML"),
        (b'{"message": "too busy, come back later, please"}', "JSON"),
        (picture(form="PNG"), "a PNG"),
        (picture(form="JPEG"), "a JPEG"),
        (picture(form="GIF"), "a GIF"),
        (b"RIFF" + b"\x40\x00\x00\x00" + b"WEBP" + b"XXXX" + b"\x00" * 60, "without a picture"),
        (b"RIFF" + b"\x40\x00\x00\x00" + b"WAVE" + b"fmt " + b"\x00" * 60, "something else"),
        (KINDS["lossy"][:20], "something else"),
    ],
)
def test_what_is_no_webp_is_named(body: bytes, said: str) -> None:
    with pytest.raises(BrokenPictureError, match=said):
        read_head(body[:HEAD_BYTES])


def test_an_animation_is_refused() -> None:
    frames = [Image.new("RGB", (64, 64), color) for color in ("red", "blue")]
    body = io.BytesIO()
    frames[0].save(body, "WEBP", save_all=True, append_images=frames[1:], duration=100)
    with pytest.raises(BrokenPictureError, match="animation"):
        read_head(body.getvalue()[:HEAD_BYTES])


def test_a_bomb_is_refused_before_a_pixel_is_decoded() -> None:
    """A container that says 16384 x 16384 in a few bytes."""
    bomb = b"RIFF" + struct.pack("<I", 100) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\x00" * 4 + b"\xff\x3f\x00" * 2
    with pytest.raises(BrokenPictureError, match=str(PIXELS_MAX)):
        read_head(bomb + b"\x00" * 60)


def test_a_container_that_hides_another_size_is_refused() -> None:
    """The head says 64 x 64; the frame inside is as large as it likes."""
    inner = picture(512, 512, mode="RGBA")
    body = bytearray(inner)
    body[24:27], body[27:30] = b"\x3f\x00\x00", b"\x3f\x00\x00"
    head = read_head(bytes(body[:HEAD_BYTES]))
    assert (head.width_px, head.height_px) == (64, 64)
    with pytest.raises(BrokenPictureError):
        decode_whole(bytes(body), head)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_cut_off_picture_does_not_decode(kind: str) -> None:
    body = KINDS[kind]
    with pytest.raises(BrokenPictureError, match="cut off"):
        decode_whole(body[: len(body) // 2], read_head(body[:HEAD_BYTES]))


def test_base64_of_old_workers() -> None:
    webp = KINDS["lossy"]
    text = base64.b64encode(webp).decode()
    assert from_base64(text, bytes_max=10_000) == webp
    assert from_base64(f"data:image/webp;base64,{text}", bytes_max=10_000) == webp
    for form, mode in (("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB")):
        converted = from_base64(base64.b64encode(picture(form=form, mode=mode)).decode(), bytes_max=100_000)
        decode_whole(converted, read_head(converted[:HEAD_BYTES]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("R3", "neither"),
        ("not base64!", "neither"),
        ("äöü", "neither"),
        ("A" * 20_000, "larger"),
        (base64.b64encode(picture(form="PNG")[:80]).decode(), "cut off"),
    ],
)
def test_what_is_no_base64_picture_is_named(text: str, said: str) -> None:
    with pytest.raises(BrokenPictureError, match=said):
        from_base64(text, bytes_max=10_000)
