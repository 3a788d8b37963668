"""What a worker's bytes really are: the container and size from the first bytes, the whole by decoding."""

import base64
import binascii
import io
import struct
from dataclasses import dataclass

HEAD_BYTES = 64
PIXELS_MAX = 67_108_864
"""The most pixels that are ever decoded: 8192 x 8192."""

_ANIMATED = 0x02
_KNOWN_OTHERS = (
    (b"\x89PNG", "a PNG"),
    (b"\xff\xd8\xff", "a JPEG"),
    (b"GIF8", "a GIF"),
    (b"<", "HTML or XML"),
    (b"{", "JSON"),
)


class BrokenPictureError(Exception):
    """The bytes are not the picture that was asked for; ``str()`` says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureHead:
    """What a WebP's first bytes say."""

    width_px: int
    height_px: int
    size_bytes: int


def read_head(first: bytes) -> PictureHead:
    """Return the size that a WebP's first ``HEAD_BYTES`` bytes declare.

    Raises:
        BrokenPictureError: not a WebP, an animation, or no pixels.
    """
    if len(first) < 30 or first[:4] != b"RIFF" or first[8:12] != b"WEBP":
        what = next((name for magic, name in _KNOWN_OTHERS if first.lstrip()[: len(magic)] == magic), "something else")
        raise BrokenPictureError(f"it is not a WebP picture but {what}")
    size_bytes = struct.unpack_from("<I", first, 4)[0] + 8
    kind = first[12:16]
    if kind == b"VP8X":
        if first[20] & _ANIMATED:
            raise BrokenPictureError("it is an animation, not one picture")
        width_px = int.from_bytes(first[24:27], "little") + 1
        height_px = int.from_bytes(first[27:30], "little") + 1
    elif kind == b"VP8L" and first[20] == 0x2F:
        bits = int.from_bytes(first[21:25], "little")
        width_px, height_px = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 " and first[23:26] == b"\x9d\x01\x2a":
        width_px, height_px = (side & 0x3FFF for side in struct.unpack_from("<HH", first, 26))
    else:
        raise BrokenPictureError("it is a WebP container without a picture in it")
    if width_px < 1 or height_px < 1 or width_px * height_px > PIXELS_MAX:
        raise BrokenPictureError(f"it is {width_px} x {height_px} pixels; at most {PIXELS_MAX} are taken")
    return PictureHead(width_px=width_px, height_px=height_px, size_bytes=size_bytes)


def decode_whole(body: bytes, expected: PictureHead) -> None:
    """Return if the picture decodes to the last pixel and has the size its head declared. Takes CPU: run in a thread.

    Raises:
        BrokenPictureError: it does not.
    """
    import PIL.WebPImagePlugin  # noqa: F401 - Pillow would import all its formats to find this one: 0.4 s of CPU
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(body), formats=("WEBP",)) as picture:
            if picture.size != (expected.width_px, expected.height_px) or getattr(picture, "n_frames", 1) != 1:
                raise BrokenPictureError("its parts contradict each other about its size")
            picture.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, MemoryError) as exc:
        raise BrokenPictureError("it cannot be decoded; it may be cut off") from exc


def from_base64(text: str, *, bytes_max: int) -> bytes:
    """Return the WebP that the text holds; PNG and JPEG, as some old workers send, are converted. Run in a thread.

    Raises:
        BrokenPictureError: not base64, too large, or no picture.
    """
    _, _, payload = text.rpartition("base64,") if text.startswith("data:") else ("", "", text)
    if len(payload) > bytes_max * 4 // 3 + 4:
        raise BrokenPictureError(f"it is larger than {bytes_max} bytes")
    try:
        body = base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise BrokenPictureError('it is neither "R2" nor base64') from exc
    if body[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"\xff\xd8\xff\xdb"):
        return _as_webp(body)
    return body


def _as_webp(body: bytes) -> bytes:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(body), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > PIXELS_MAX:
                raise BrokenPictureError(f"it is {picture.width} x {picture.height} pixels; {PIXELS_MAX} are taken")
            webp = io.BytesIO()
            picture.convert("RGBA" if "A" in picture.getbands() else "RGB").save(webp, "WEBP", quality=95, method=4)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as exc:
        raise BrokenPictureError("it cannot be decoded; it may be cut off") from exc
    return webp.getvalue()
