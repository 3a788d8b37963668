"""Counts calls and refuses those over a limit; where the counts' store does not answer, nobody is refused."""

import hashlib
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from core.api.limits.addresses import Network, counted_as, is_among
from core.api.limits.limit import By, Limit, Per
from core.api.limits.memory import MemoryWindows
from core.domain.errors import Unavailable
from core.domain.ids import ANONYMOUS_KEY
from core.ports.clock import Clock

log = logging.getLogger(__name__)

_ITEMS: Final[Mapping[Per, type[RateLimitItem]]] = {
    Per.SECOND: RateLimitItemPerSecond,
    Per.MINUTE: RateLimitItemPerMinute,
    Per.HOUR: RateLimitItemPerHour,
}


class TooManyCallsError(Exception):
    """A limit is reached; ``str()`` is the limit in v2's words, which clients compare."""

    def __init__(self, limit: str, headers: Mapping[str, str]) -> None:
        super().__init__(limit)
        self.headers = headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """One call as it is counted. operation: its id. path: the whole path. api_key: as sent, or empty."""

    operation: str
    method: str
    path: str
    address: str
    api_key: str


def store_of(url: str, clock: Clock) -> Storage:
    """Return where calls are counted: in memory, or in Redis or Valkey at ``url``, which several processes share.

    Raises:
        Unavailable: the URL is none of these, or the package ``valkey`` is missing.
    """
    if not url:
        return MemoryWindows(clock)
    scheme, _, rest = url.partition("://")
    try:
        store = storage_from_string(f"async+{scheme.replace('redis', 'valkey')}://{rest}", wrap_exceptions=True)
    except (ConfigurationError, ValueError) as exc:
        message = (
            f"api.rate_limits_url: {scheme}:// cannot be used for rate limits ({exc}). Use valkey://host:6379/0 or "
            "redis://host:6379/0, and install the extra: pip install 'horde-suite[valkey]'"
        )
        raise Unavailable(message) from exc
    if not isinstance(store, Storage):
        raise TypeError(type(store).__name__)
    return store


class RateLimits:
    """The limits of API v2, counted in fixed windows."""

    def __init__(self, store: Storage, clock: Clock, *, relaxed: Sequence[Network] = ()) -> None:
        """Hold the counts' store; addresses in ``relaxed`` have the higher limits."""
        self._windows = FixedWindowRateLimiter(store)
        self._clock = clock
        self._relaxed = tuple(relaxed)
        self._down = False

    async def admit(self, limits: Sequence[Limit], call: Caught) -> Mapping[str, str]:
        """Count the call and return the headers that tell how many are left in the shortest window.

        Raises:
            TooManyCallsError: it is over one of the limits.
        """
        try:
            headers = await self._count(limits, call)
        except StorageError as exc:
            if not self._down:
                self._down = True
                log.warning("limits.store_down error=%s (nobody is refused until it answers)", type(exc.__cause__))
            return {}
        if self._down:
            self._down = False
            log.info("limits.store_up")
        return headers

    async def _count(self, limits: Sequence[Limit], call: Caught) -> Mapping[str, str]:
        shortest: tuple[RateLimitItem, str] | None = None
        relaxed = is_among(call.address, self._relaxed)
        for limit in limits:
            item, scope = _ITEMS[limit.per](_times(limit, call, relaxed=relaxed)), _scope(limit.by, call)
            if not await self._windows.hit(item, scope):
                headers = await self._headers(item, scope)
                said = f"{item.amount} per 1 {limit.per}"
                raise TooManyCallsError(said, headers)
            if shortest is None or item.get_expiry() < shortest[0].get_expiry():
                shortest = (item, scope)
        return await self._headers(*shortest) if shortest is not None else {}

    async def _headers(self, item: RateLimitItem, scope: str) -> dict[str, str]:
        """Return how many calls the window takes, how many are left, when it ends (epoch), and in how many seconds."""
        window = await self._windows.get_window_stats(item, scope)
        left_s = max(window.reset_time - self._clock.now_ms() / 1_000, 0)
        return {
            "X-RateLimit-Limit": str(item.amount),
            "X-RateLimit-Remaining": str(window.remaining),
            "X-RateLimit-Reset": str(math.ceil(window.reset_time)),
            "Retry-After": str(min(max(math.ceil(left_s), 1), item.get_expiry())),
        }


def _times(limit: Limit, call: Caught, *, relaxed: bool) -> int:
    if relaxed and limit.relaxed is not None:
        return limit.relaxed
    if limit.anonymous is not None and call.api_key == ANONYMOUS_KEY:
        return limit.anonymous
    return limit.times


def _scope(by: By, call: Caught) -> str:
    """Return what is counted together. Keys are stored as a digest only."""
    match by:
        case By.ADDRESS:
            return f"{counted_as(call.address)}@{call.operation}"
        case By.PATH:
            return f"{counted_as(call.address)}@{call.method}@{call.path}"
        case By.KEY:
            digest = hashlib.blake2b(call.api_key.encode("utf-8", "replace"), digest_size=16).hexdigest()
            return f"{digest}@{call.method}@{call.path}"
    assert_never(by)
