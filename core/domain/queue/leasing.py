"""How long a worker may keep a job."""

from core.domain.kinds.registry import RULES
from core.domain.policy import QueuePolicy
from core.domain.requests import RequestDraft
from core.domain.workers.offer import WorkerOffer

EXTRA_SLOW_FACTOR = 3


def lease_s(draft: RequestDraft, *, model: str, offer: WorkerOffer, policy: QueuePolicy, ordinal: int = 0) -> int:
    """Return the lease in seconds.

    A worker that reports progress gets a short one, renewed by each report. For the others the kind's own formula,
    three times as long for an extra slow worker.
    """
    if offer.reports_progress:
        return policy.lease_reporting_s
    seconds = RULES[draft.kind].lease_s(draft, ordinal, model=model, policy=policy)
    return round(seconds * EXTRA_SLOW_FACTOR if offer.extra_slow else seconds)
