"""Counts of fixed windows in this process's memory; each call costs the same however many are counted."""

from typing import Final

from limits.aio.storage import Storage

from core.ports.clock import Clock

_SWEEP_EACH: Final = 4_096


class MemoryWindows(Storage):
    """A storage for ``limits`` that forgets windows as they end.

    The library's own looks at every window at each call; with one window a request's id that is many.
    """

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock) -> None:
        """Hold the clock that windows end by."""
        super().__init__()
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}
        self._calls_to_sweep = _SWEEP_EACH

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """Return what can go wrong here: nothing of this name does."""
        return ConnectionError

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Return the window's count with this call; the first call begins the window."""
        now_s = self._now_s()
        self._sweep_now_and_then(now_s)
        ends_s, count = self._windows.get(key, (0.0, 0))
        if ends_s <= now_s:
            ends_s, count = now_s + expiry, 0
        self._windows[key] = (ends_s, count + amount)
        return count + amount

    async def get(self, key: str) -> int:
        """Return the window's count, 0 where none is open."""
        ends_s, count = self._windows.get(key, (0.0, 0))
        return count if ends_s > self._now_s() else 0

    async def get_expiry(self, key: str) -> float:
        """Return the time at which the window ends, in seconds of the epoch; now where none is open."""
        now_s = self._now_s()
        return max(self._windows.get(key, (now_s, 0))[0], now_s)

    async def check(self) -> bool:
        """Return True: memory is there."""
        return True

    async def reset(self) -> int | None:
        """Forget all; return how many windows there were."""
        count = len(self._windows)
        self._windows.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget one window."""
        self._windows.pop(key, None)

    def __len__(self) -> int:
        return len(self._windows)

    def _now_s(self) -> float:
        return self._clock.now_ms() / 1_000

    def _sweep_now_and_then(self, now_s: float) -> None:
        """Drop the windows that have ended, once in so many calls: a call's share of it stays small."""
        self._calls_to_sweep -= 1
        if self._calls_to_sweep <= 0:
            self._windows = {key: window for key, window in self._windows.items() if window[0] > now_s}
            self._calls_to_sweep = max(_SWEEP_EACH, len(self._windows))
