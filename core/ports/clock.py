"""The clock that everything but the pure rules is given."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now_ms(self) -> int:
        """Return the wall clock in milliseconds since 1970, UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        """Return the wall clock in milliseconds since 1970, UTC."""
        return time.time_ns() // 1_000_000
