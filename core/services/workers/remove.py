"""Remove: a worker is gone, its name free; what it did stays on record."""

from core.domain.errors import Locked
from core.domain.ids import AccountId, WorkerId
from core.domain.policy import QueuePolicy
from core.domain.workers.worker import Worker
from core.ports.store import Transaction
from core.services.workers.permit import account_that, own_worker
from core.services.workers.uptime import pay_uptime


def remove(tx: Transaction, *, worker_id: WorkerId, by: AccountId, policy: QueuePolicy, now_ms: int) -> Worker:
    """Return the worker that was removed; its owner has had what its uptime earned, its team what it did.

    Raises:
        NotFound: there is no such worker.
        NotPermitted: the account is neither the owner's nor a moderator's.
        Locked: it has a job in its hands.
    """
    worker = own_worker(tx, worker_id, by=account_that(tx, by))
    held = len(tx.jobs.active_leases(worker.id))
    if held:
        message = (
            f"The worker {worker.name!r} has {held} jobs in its hands. Stop it, and remove it when they are "
            "handed in or given back (at the latest when their time is over)."
        )
        raise Locked(message)
    pay_uptime(tx, worker, policy=policy, now_ms=now_ms)
    share = tx.teams.share_of(worker.id)
    if share is not None:
        tx.teams.take_in(share)
        tx.teams.leave(worker.id, team_id=share.team_id)
    tx.workers.archive(worker.id, now_ms=now_ms)
    return worker
