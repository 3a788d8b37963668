"""Aborted: a worker took a job and did not make it; too many of them put it into maintenance."""

from core.domain.ids import new_id
from core.domain.jobs import LeaseView
from core.domain.kinds.kind import Kind
from core.domain.policy import QueuePolicy
from core.domain.workers.message import MessageId, WorkerMessage
from core.domain.workers.suspicion import SuspicionReason
from core.ports.store import Transaction
from core.services.workers.suspect import suspect

HOUR_MS = 3_600_000
ORIGIN = "The horde"


def aborted(tx: Transaction, *, view: LeaseView, policy: QueuePolicy, now_ms: int) -> bool:
    """Return whether this one job more that it failed, or let lapse, has put the worker into maintenance.

    Its owner finds a message, the count of the hour begins anew, and only the owner (or a moderator) ends it.
    """
    limits = policy.workers
    most = limits.aborts_alchemy_max if view.kind is Kind.ALCHEMY else limits.aborts_max
    count = tx.workers.faulted(view.worker_id, hour=now_ms // HOUR_MS)
    if count <= most:
        return False
    text = (
        f"This worker has dropped {count} jobs within an hour; more than {most} put it into maintenance. "
        "Look into its log for the reason, then switch the maintenance off."
    )
    tx.workers.amend(view.worker_id, maintenance=True, maintenance_message=text, jobs_aborted=0)
    tx.messages.add(
        WorkerMessage(
            id=MessageId(new_id()),
            text=text,
            origin=ORIGIN,
            made_at_ms=now_ms,
            expires_at_ms=now_ms + limits.message_hours * HOUR_MS,
            worker_id=view.worker_id,
        )
    )
    suspect(
        tx,
        worker_id=view.worker_id,
        owner_id=view.owner_id,
        owner_trusted=view.owner_trusted,
        reason=SuspicionReason.TOO_MANY_JOBS_ABORTED,
        policy=policy,
        now_ms=now_ms,
    )
    return True
