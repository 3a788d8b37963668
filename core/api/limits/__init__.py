"""Rate limits: what the table of operations says about them, how calls are counted, and whose they are."""

from core.api.limits.addresses import ClientAddresses, networks_of
from core.api.limits.counting import Caught, RateLimits, TooManyCallsError, store_of
from core.api.limits.limit import By, Limit, Per, a_minute, a_second, an_hour

__all__ = [
    "By",
    "Caught",
    "ClientAddresses",
    "Limit",
    "Per",
    "RateLimits",
    "TooManyCallsError",
    "a_minute",
    "a_second",
    "an_hour",
    "networks_of",
    "store_of",
]
