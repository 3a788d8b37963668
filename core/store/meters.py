"""What a store measures of itself: how long writes take, how many go into one transaction, how many wait."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from core.services.statistics.meters import Spread

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES: Final = (1, 2, 4, 8, 16, 32, 64)


class StoreMeters:
    """The measures of one unit of work.

    seconds: from asking for a write to its end, on the event loop. groups: use cases a transaction. open_writes: how
    many were asked for and have not ended.
    """

    def __init__(self) -> None:
        """Begin with nothing measured."""
        self.seconds = Spread(SECONDS)
        self.groups = Spread(SIZES)
        self.open_writes = 0

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Measure one write while the block runs."""
        began = time.perf_counter()
        self.open_writes += 1
        try:
            yield
        finally:
            self.open_writes -= 1
            self.seconds.note(time.perf_counter() - began)
