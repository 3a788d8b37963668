"""How fast one address may post: enough for a person, too slow for a flood."""

from __future__ import annotations

from collections import OrderedDict, deque

from core.domain.errors import RateLimited
from core.ports.clock import Clock

WINDOW_MS = 60_000
REMEMBERED_MAX = 10_000


class Pace:
    """Counts posts a minute and address, in this process; forgets the addresses that were quiet the longest."""

    def __init__(self, *, clock: Clock, per_minute: int) -> None:
        """`per_minute` is what one address may post within any 60 seconds."""
        self._clock = clock
        self._per_minute = per_minute
        self._posts: OrderedDict[str, deque[int]] = OrderedDict()

    def take(self, address: str) -> None:
        """One more post of this address is counted; raises RateLimited if it is one too many."""
        now_ms = self._clock.now_ms()
        times = self._posts.setdefault(address, deque(maxlen=self._per_minute))
        self._posts.move_to_end(address)
        if len(self._posts) > REMEMBERED_MAX:
            self._posts.popitem(last=False)
        if len(times) == self._per_minute and now_ms - times[0] < WINDOW_MS:
            wait_s = (WINDOW_MS - (now_ms - times[0])) / 1_000
            raise RateLimited(
                f"You posted {self._per_minute} times within a minute. Wait {wait_s:.0f} seconds and post again.",
                retry_after_s=wait_s,
            )
        times.append(now_ms)
