"""Wake-ups: hints that work is there; the claim decides."""

from collections.abc import Callable, Iterable
from typing import Protocol


class Wakeup(Protocol):
    """Wakes held pops."""

    def notify(self, lane_ids: Iterable[int]) -> None:
        """Wake, for each new job's lane, the longest waiting that fits. Safe from any thread."""
        ...

    async def wait(self, lanes_fit: Callable[[int], bool], *, timeout_s: float) -> bool:
        """Return True when there may be work in a fitting lane, False after ``timeout_s``."""
        ...
