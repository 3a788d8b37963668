"""Pay: a finished job's price reaches the worker's owner, the escrow and the treasury."""

from core.domain.ids import TREASURY, AccountId, JobId, WorkerId
from core.domain.kudos.ledger import TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.domain.kudos.rewards import Reward, bridge_share, share_out
from core.domain.policy import QueuePolicy
from core.ports.store import Transaction
from core.services.kudos.post import post
from core.services.kudos.reward import put_aside


def pay_for_job(
    tx: Transaction,
    *,
    hold_id: str,
    job_id: JobId,
    requester_id: AccountId,
    owner_id: AccountId,
    owner_trusted: bool,
    price_mk: int,
    worth_mk: int,
    policy: QueuePolicy,
    now_ms: int,
    bridge_per_mille: int = 1_000,
) -> Reward:
    """Return how the price was shared out; so much of the hold is posted.

    ``complete`` calls this once, with the job taken and not done before. price_mk: what this job costs its requester;
    worth_mk: what of that is for the work (``Price.total_mk``, ``Price.worth_mk``). An owner who asked for the job pays
    itself: that is no contribution, so nothing waits in the escrow. Raises ``NotFound`` for a hold that never was.
    """
    own = requester_id == owner_id
    reward = share_out(
        price_mk,
        policy,
        worth_mk=worth_mk,
        owner_trusted=owner_trusted or own,
        bridge_per_mille=bridge_per_mille,
    )
    for to_id, amount_mk, reason in (
        (owner_id, reward.owner_mk, TransferReason.JOB),
        (TREASURY, reward.fee_mk, TransferReason.FEE),
        (TREASURY, reward.tax_mk, TransferReason.TAX),
    ):
        post(
            tx,
            hold_id=hold_id,
            transfer_id=f"{reason}:{job_id}",
            to_id=to_id,
            amount_mk=amount_mk,
            reason=reason,
            ref=job_id,
            now_ms=now_ms,
            is_first=True,
        )
    of_transfer = f"{TransferReason.JOB}:{job_id}"
    put_aside(tx, account_id=owner_id, amount_mk=reward.escrow_mk, of_transfer=of_transfer, ref=job_id, now_ms=now_ms)
    return reward


def program_share(tx: Transaction, *, worker_id: WorkerId, policy: KudosPolicy) -> int:
    """Return the thousandths of a job's work that the worker's program earns; looked up only where programs differ."""
    if not policy.bridge_per_mille and policy.bridge_other_per_mille == 1_000:
        return 1_000
    worker = tx.workers.get(worker_id)
    return bridge_share("" if worker is None else worker.offer.bridge_agent, policy)
