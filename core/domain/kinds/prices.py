"""What a whole request costs, job by job."""

from core.domain.kinds.kind import Price
from core.domain.kinds.registry import RULES
from core.domain.policy import QueuePolicy
from core.domain.requests import RequestDraft


def job_prices(draft: RequestDraft, policy: QueuePolicy) -> tuple[Price, ...]:
    """Return the price of each job that the draft becomes, in their order."""
    rules = RULES[draft.kind]
    count = rules.count(draft)
    if rules.uniform:
        return (rules.price(draft, 0, policy),) * count
    return tuple(rules.price(draft, ordinal, policy) for ordinal in range(count))


def price_mk(draft: RequestDraft, policy: QueuePolicy) -> int:
    """Return the price of all the draft's jobs in millikudos."""
    return sum(price.total_mk for price in job_prices(draft, policy))
