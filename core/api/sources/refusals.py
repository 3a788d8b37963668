"""How a source picture is refused: v2's codes, and a sentence that says what to give instead."""

from core.domain.errors import InvalidRequest
from core.wire import Rc


class SourceRefused(InvalidRequest):
    """The source picture is not taken; nothing of it is stored."""

    code = Rc.SOURCE_IMAGE_UNREADABLE


def bad_address(field: str, why: str) -> SourceRefused:
    """Return the refusal of an address that leads nowhere we go."""
    return SourceRefused(
        f"The address in {field} cannot be used: {why}. Give an https address that anyone can read, "
        "or the picture itself as base64.",
        field=field,
        code=Rc.SOURCE_IMAGE_URL_INVALID,
    )


def too_large(field: str, *, size_bytes: int, bytes_max: int) -> SourceRefused:
    """Return the refusal of a picture with too many bytes."""
    return SourceRefused(
        f"The picture in {field} has more bytes than the {bytes_max} that are taken. Give a smaller one, "
        "or the same as WebP.",
        field=field,
        limit=bytes_max,
        value=size_bytes,
        code=Rc.SOURCE_IMAGE_SIZE_EXCEEDED,
    )


def too_many_pixels(field: str, *, width_px: int, height_px: int, pixels_max: int) -> SourceRefused:
    """Return the refusal of a picture with too many pixels."""
    return SourceRefused(
        f"The picture in {field} is {width_px} x {height_px} pixels; {pixels_max} in all are taken. Make it smaller.",
        field=field,
        limit=pixels_max,
        value=width_px * height_px,
        code=Rc.SOURCE_IMAGE_RESOLUTION_EXCEEDED,
    )


def unreadable(field: str, why: str) -> SourceRefused:
    """Return the refusal of bytes that are no picture."""
    return SourceRefused(
        f"The picture in {field} cannot be read: {why}. Give a WebP, PNG or JPEG picture.",
        field=field,
        code=Rc.SOURCE_IMAGE_UNREADABLE,
    )


def not_base64(field: str) -> SourceRefused:
    """Return the refusal of text that is neither an address nor base64."""
    return SourceRefused(
        f"What is in {field} is neither an https address nor base64. Give one of them.",
        field=field,
        code=Rc.IMAGE_VALIDATION_FAILED,
    )
