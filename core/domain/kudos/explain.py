"""Why something costs what it costs: the price of a draft, part by part, alike jobs together."""

from dataclasses import dataclass

from core.domain.kinds.kind import Price
from core.domain.kinds.prices import job_prices
from core.domain.policy import QueuePolicy
from core.domain.requests import RequestDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedJobs:
    """So many jobs of a request that cost the same for the same reasons. price: of each."""

    count: int
    price: Price

    @property
    def total_mk(self) -> int:
        """What they cost together."""
        return self.count * self.price.total_mk


def explain(draft: RequestDraft, policy: QueuePolicy) -> tuple[PricedJobs, ...]:
    """Return the jobs that the draft becomes with the parts of their prices, in order, neighbours alike as one."""
    found: list[PricedJobs] = []
    for price in job_prices(draft, policy):
        if found and found[-1].price == price:
            found[-1] = PricedJobs(count=found[-1].count + 1, price=price)
        else:
            found.append(PricedJobs(count=1, price=price))
    return tuple(found)
