"""What a stranger's bytes are: measured by their header before anything is decoded, then made WebP."""

import io
import struct
from dataclasses import dataclass
from typing import Final

from core.api.pictures import HEAD_BYTES, BrokenPictureError, read_head
from core.api.sources.refusals import too_many_pixels, unreadable

PIXELS_MAX: Final = 3072 * 3072
_FULL_QUALITY_PIXELS: Final = 512 * 512
_SCANS_MAX: Final = 64
"""A progressive JPEG is decoded once a scan: some thousand of them in a small file would take minutes."""
_START_OF_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the header says. kind: the format's name as Pillow has it."""

    kind: str
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeWebp:
    """A WebP picture, upright, without metadata."""

    body: bytes
    width_px: int
    height_px: int


def measure(body: bytes, *, field_name: str) -> Measured:
    """Return format and size as the first bytes say them; neither a name nor a Content-Type is asked.

    Raises:
        SourceRefused: no picture of ours, or too many pixels.
    """
    if body.startswith(b"\x89PNG\r\n\x1a\n") and body[12:16] == b"IHDR" and len(body) >= 24:
        kind, (width_px, height_px) = "PNG", struct.unpack_from(">II", body, 16)
    elif body.startswith(b"\xff\xd8\xff"):
        kind, (width_px, height_px) = "JPEG", _jpeg_size(body, field_name)
    elif body[8:12] == b"WEBP":
        try:
            head = read_head(body[:HEAD_BYTES])
        except BrokenPictureError as exc:
            raise unreadable(field_name, str(exc)) from exc
        kind, width_px, height_px = "WEBP", head.width_px, head.height_px
    else:
        raise unreadable(field_name, "it is no picture of these kinds")
    if width_px < 1 or height_px < 1:
        raise unreadable(field_name, "it has no pixels")
    if width_px * height_px > PIXELS_MAX:
        raise too_many_pixels(field_name, width_px=width_px, height_px=height_px, pixels_max=PIXELS_MAX)
    return Measured(kind=kind, width_px=width_px, height_px=height_px)


def as_webp(body: bytes, measured: Measured, *, field_name: str, is_mask: bool) -> MadeWebp:
    """Return the picture as WebP, its alpha kept, with what it says about place and camera gone. Run in a thread.

    Raises:
        SourceRefused: it cannot be decoded, or is not what its header said.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(body), formats=(measured.kind,)) as picture:
            if picture.size != (measured.width_px, measured.height_px):
                raise unreadable(field_name, "its parts contradict each other about its size")
            picture.load()
            upright = ImageOps.exif_transpose(picture)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, MemoryError, struct.error) as exc:
        raise unreadable(field_name, "it cannot be decoded; it may be cut off") from exc
    except Image.DecompressionBombError as exc:
        raise too_many_pixels(
            field_name, width_px=measured.width_px, height_px=measured.height_px, pixels_max=PIXELS_MAX
        ) from exc
    if upright.mode.startswith("I"):
        upright = upright.convert("I").point(lambda value: value / 256).convert("L")  # 16 bits a pixel
    has_alpha = upright.has_transparency_data
    made = upright.convert("RGBA" if has_alpha else "RGB")
    webp = io.BytesIO()
    quality = 100 if is_mask else quality_of(pixels=made.width * made.height)
    # exact: the colours under transparent pixels are what an inpainting starts from.
    made.save(webp, "WEBP", quality=quality, method=3, exact=has_alpha)
    return MadeWebp(body=webp.getvalue(), width_px=made.width, height_px=made.height)


def quality_of(*, pixels: int) -> int:
    """Return WebP's quality: 100 up to 512 x 512 pixels, falling to 50 at the most that are taken."""
    over = max(0, pixels - _FULL_QUALITY_PIXELS) / (PIXELS_MAX - _FULL_QUALITY_PIXELS)
    return round(100 - 50 * min(1.0, over))


def _jpeg_size(body: bytes, field_name: str) -> tuple[int, int]:
    """Return width and height of the first frame; the segments before it are skipped by their lengths."""
    if body.count(b"\xff\xda") > _SCANS_MAX:
        raise unreadable(field_name, f"it has more than {_SCANS_MAX} scans")
    at = 2
    while at + 9 <= len(body) and body[at] == 0xFF:
        marker = body[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        elif marker in _START_OF_FRAME:
            height_px, width_px = struct.unpack_from(">HH", body, at + 5)
            return width_px, height_px
        else:
            at += 2 + int(struct.unpack_from(">H", body, at + 2)[0])
    raise unreadable(field_name, "it is a JPEG without a picture in it")
