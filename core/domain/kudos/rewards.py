"""What a finished job pays, and to whom."""

from dataclasses import dataclass

from core.domain.kudos.policy import KudosPolicy
from core.domain.policy import QueuePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """How a job's price is shared out: owner + fee + tax is the price.

    owner_mk: the worker's owner earns, escrow_mk of it waits until the owner is trusted. fee_mk: what of the work's
    worth the treasury gets. tax_mk: what of the price was never the work's.
    """

    owner_mk: int
    fee_mk: int
    escrow_mk: int = 0
    tax_mk: int = 0

    @property
    def at_once_mk(self) -> int:
        """What the owner can spend now."""
        return self.owner_mk - self.escrow_mk


def share_out(
    price_mk: int,
    policy: QueuePolicy,
    *,
    worth_mk: int | None = None,
    owner_trusted: bool = True,
    bridge_per_mille: int = 1_000,
) -> Reward:
    """Return who gets what of a job's price.

    worth_mk: what of the price is for the work (None: all of it); the rest is tax. bridge_per_mille: what the worker's
    program earns of the work (the AI Horde pays its newest official program 1,000, an older one 900, others 750). The
    treasury's fee is ``fee_per_mille`` of the work, rounded down, and what the program does not earn.

    A censored picture pays the same: it was the same work, and paying it from the mint instead would let anyone who
    runs a worker print kudos.
    """
    of_work_mk = price_mk if worth_mk is None else min(worth_mk, price_mk)
    owner_mk = (of_work_mk - of_work_mk * policy.fee_per_mille // 1_000) * bridge_per_mille // 1_000
    return Reward(
        owner_mk=owner_mk,
        fee_mk=of_work_mk - owner_mk,
        escrow_mk=escrow_share_mk(owner_mk, policy.kudos, owner_trusted=owner_trusted),
        tax_mk=price_mk - of_work_mk,
    )


def escrow_share_mk(amount_mk: int, policy: KudosPolicy, *, owner_trusted: bool) -> int:
    """Return what of a reward waits in the escrow, rounded down: nothing of a trusted owner's."""
    return 0 if owner_trusted else amount_mk * policy.escrow_per_mille // 1_000


def escrow_for_trust_mk(policy: KudosPolicy) -> int | None:
    """Return how much must wait in escrow for its owner to become trusted; None where work makes nobody trusted.

    Of all that an untrusted owner earns from others the same share waits, so the escrow alone says how much that was.
    """
    if not policy.trust_mk or not policy.escrow_per_mille:
        return None
    return policy.trust_mk * policy.escrow_per_mille // 1_000


def bridge_share(bridge_agent: str, policy: KudosPolicy) -> int:
    """Return the thousandths that a worker's program earns; the name is what stands before the first ``:``."""
    return policy.bridge_per_mille.get(bridge_agent.partition(":")[0], policy.bridge_other_per_mille)
