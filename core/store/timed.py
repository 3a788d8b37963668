"""What a process remembers for a few seconds, so that the next transaction need not ask again: hints, never truth."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Timed(Generic[K, V]):
    """Values that are good for ``kept_ms``; the oldest are dropped above ``size_max``; safe in any thread."""

    def __init__(self, *, kept_ms: int, size_max: int) -> None:
        """Begin empty."""
        self._kept_ms = kept_ms
        self._size_max = size_max
        self._lock = threading.Lock()
        self._values: OrderedDict[K, tuple[int, V]] = OrderedDict()

    def get(self, key: K, ask: Callable[[], V], *, now_ms: int) -> V:
        """Return the remembered value, or what ``ask`` returns now."""
        with self._lock:
            found = self._values.get(key)
        if found is not None and 0 <= now_ms - found[0] < self._kept_ms:
            return found[1]
        value = ask()
        with self._lock:
            self._values[key] = (now_ms, value)
            self._values.move_to_end(key)
            if len(self._values) > self._size_max:
                self._values.popitem(last=False)
        return value

    def known(self, key: K) -> V | None:
        """Return the value that was last remembered, however old."""
        with self._lock:
            found = self._values.get(key)
        return None if found is None else found[1]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()

    def forget(self, key: K) -> None:
        """Have the next ``get`` ask."""
        with self._lock:
            self._values.pop(key, None)
