"""Where another horde is, whose key is used there, and what may be relied on."""

from dataclasses import dataclass
from typing import Final

ANONYMOUS_KEY: Final = "0000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAccess:
    """A horde that speaks API v2.

    url: without a path. honours_keys: it does an order with a known `Idempotency-Key` once (another of these suites
    does, the public AI Horde does not). read_lag_s: so long a new order may be missing from its account's list.
    orders_per_s: its limit. at_once: so many calls of one kind at a time.
    """

    url: str
    key: str
    client_agent: str = "horde-suite:0:unknown"
    honours_keys: bool = False
    read_lag_s: float = 35.0
    call_s: float = 30.0
    orders_per_s: float = 2.0
    at_once: int = 8

    @property
    def can_look(self) -> bool:
        """Tell whether the account's list of orders is ours: everyone's is in the anonymous account's."""
        return self.key != ANONYMOUS_KEY
