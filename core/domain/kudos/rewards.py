"""What a finished job pays, and to whom."""

from dataclasses import dataclass

from core.domain.policy import QueuePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """How a job's price is shared out; the parts sum up to the price."""

    owner_mk: int
    fee_mk: int


def share_out(price_mk: int, policy: QueuePolicy) -> Reward:
    """Return the worker's owner's part and the treasury's fee (``fee_per_mille`` of the price, rounded down).

    A censored picture pays the same: it was the same work, and paying it from the mint instead would let anyone who
    runs a worker print kudos.
    """
    fee_mk = price_mk * policy.fee_per_mille // 1_000
    return Reward(owner_mk=price_mk - fee_mk, fee_mk=fee_mk)
