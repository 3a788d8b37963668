"""Uptime: each ten minutes that a worker was there for everyone earn the reward of its kind, once."""

from dataclasses import replace

from core.domain.kudos.ledger import TransferReason
from core.domain.policy import QueuePolicy
from core.domain.workers.uptime import REWARD_EVERY_MS, uptime_reward_mk
from core.domain.workers.worker import Worker
from core.ports.store import Transaction
from core.services.kudos.reward import reward


def reward_uptime(tx: Transaction, *, policy: QueuePolicy, now_ms: int, limit: int = 200) -> int:
    """Return how many rewards were paid, to the owners of at most ``limit`` workers."""
    return sum(pay_uptime(tx, worker, policy=policy, now_ms=now_ms) for worker in tx.workers.owed(limit=limit))


def pay_uptime(tx: Transaction, worker: Worker, *, policy: QueuePolicy, now_ms: int) -> int:
    """Return how many rewards this worker's owner has got now: one for each ten minutes that were not paid yet."""
    paid = 0
    while worker.uptime_ms - worker.uptime_rewarded_ms >= REWARD_EVERY_MS:
        amount_mk = uptime_reward_mk(worker.offer, policy)
        if not tx.workers.rewarded(worker, amount_mk=amount_mk, uptime_ms=REWARD_EVERY_MS):
            break
        number = worker.uptime_rewarded_ms // REWARD_EVERY_MS + 1
        reward(
            tx,
            account_id=worker.account_id,
            amount_mk=amount_mk,
            transfer_id=f"uptime:{worker.id}:{number}",
            reason=TransferReason.UPTIME,
            ref=worker.id,
            policy=policy.kudos,
            now_ms=now_ms,
        )
        worker = replace(worker, uptime_rewarded_ms=worker.uptime_rewarded_ms + REWARD_EVERY_MS)
        paid += 1
    return paid
