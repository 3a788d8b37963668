"""How long a worker may keep a job."""

from typing import Final

from core.domain.policy import QueuePolicy
from core.domain.requests import RequestDraft
from core.domain.workers.offer import WorkerOffer

_PIXELS_BASE: Final = 512 * 512
_LARGE_BASELINES: Final = ("flux", "qwen", "z-image", "z_image")


def lease_s(draft: RequestDraft, *, model: str, offer: WorkerOffer, policy: QueuePolicy) -> int:
    """Return the lease in seconds.

    A worker that reports progress gets a short one, renewed by each report. For the others, the API's formula:
    30 s + 2 s * steps * pixels / 512^2, twice with a ControlNet, three times for the large model families, at least
    150 s, three times for an extra slow worker.
    """
    if offer.reports_progress:
        return policy.lease_reporting_s
    seconds = policy.lease_base_s + 2 * draft.image.steps * draft.image.pixels / _PIXELS_BASE
    if draft.extra.get("control_type"):
        seconds *= 2
    if any(name in model.lower() for name in _LARGE_BASELINES):
        seconds *= 3
    seconds = max(seconds, policy.lease_min_s)
    if offer.extra_slow:
        seconds *= 3
    return round(seconds)
