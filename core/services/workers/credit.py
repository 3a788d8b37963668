"""Credit: a finished job counts for the worker that made it."""

from core.domain.jobs import LeaseView
from core.ports.store import Transaction


def credit(tx: Transaction, *, view: LeaseView, things: int, job_ms: int, reward_mk: int, now_ms: int) -> None:
    """The worker has one more finished job of ``things`` pixelsteps, tokens or forms to its name."""
    tx.workers.worked(view.worker_id, job_ms=job_ms, reward_mk=reward_mk)
