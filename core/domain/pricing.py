"""What a job costs, as pure functions with their sources."""

from typing import Final

from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.requests import ImageParams, Kind, RequestDraft

_PIXELS_LEAST: Final = 4_096
_PIXELS_WHOLE: Final = 1_048_576


def image_price_mk(image: ImageParams) -> int:
    """Return the price of one picture in millikudos.

    The public closed formula of the AI Horde: ``r = ((w*h - 4096)^1.75) / ((1048576 - 4096)^1.75)``,
    ``k = round(0.1232 * steps + r * 0.1232 * steps * 8.75, 2)``, times 1.2 and rounded again for each post-processor.
    512 x 512 at 50 steps is 10.83 kudos. Below 64 x 64 pixels r is 0.
    """
    r: float = max(image.pixels - _PIXELS_LEAST, 0) ** 1.75 / (_PIXELS_WHOLE - _PIXELS_LEAST) ** 1.75
    kudos = round(0.1232 * image.steps + r * 0.1232 * image.steps * 8.75, 2)
    for _ in image.post_processing:
        kudos = round(kudos * 1.2, 2)
    return round(kudos * MK_PER_KUDOS)


def job_price_mk(draft: RequestDraft) -> int:
    """Return the price of one job of the draft; a ControlNet that does not return its map costs three times as much.

    The factor is the AI Horde's. Raises ``NotImplementedError`` for a kind that has no price yet.
    """
    if draft.kind is not Kind.IMAGE:
        message = f"There is no price for work of the kind {draft.kind} yet."
        raise NotImplementedError(message)
    price = image_price_mk(draft.image)
    if draft.extra.get("control_type") and not draft.extra.get("return_control_map"):
        price *= 3
    return price


def price_mk(draft: RequestDraft) -> int:
    """Return the price of all the draft's jobs in millikudos."""
    return draft.n * job_price_mk(draft)
