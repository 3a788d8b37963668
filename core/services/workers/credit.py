"""Credit: a finished job counts for the worker that made it."""

from core.domain.jobs import LeaseView
from core.domain.policy import QueuePolicy
from core.domain.workers.speed import is_unreasonably_fast
from core.domain.workers.suspicion import SuspicionReason
from core.ports.store import Transaction
from core.services.workers.suspect import suspect


def credit(
    tx: Transaction,
    *,
    view: LeaseView,
    things: int,
    job_ms: int,
    reward_mk: int,
    policy: QueuePolicy,
    now_ms: int,
) -> None:
    """The worker has one more finished job of ``things`` pixelsteps, tokens or forms to its name.

    A result that no machine makes in that time is held against it.
    """
    tx.workers.worked(view.worker_id, things=things, job_ms=job_ms, reward_mk=reward_mk, now_ms=now_ms)
    if is_unreasonably_fast(view.kind, things=things, job_ms=job_ms, model=view.model, policy=policy):
        suspect(
            tx,
            worker_id=view.worker_id,
            owner_id=view.owner_id,
            owner_trusted=view.owner_trusted,
            reason=SuspicionReason.UNREASONABLY_FAST,
            policy=policy,
            now_ms=now_ms,
        )
