"""An outage of another horde: told once when it starts and once when it ends, and asked about ever more seldom."""

import logging
from dataclasses import dataclass

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Outage:
    """Whether the horde answers. first_s: the first pause while it does not, doubled each time up to most_s."""

    url: str
    first_s: float = 1.0
    most_s: float = 30.0
    _failures: int = 0

    @property
    def is_on(self) -> bool:
        """Tell whether the horde did not answer when it was last asked."""
        return self._failures > 0

    def failed(self, reason: str) -> None:
        """The horde could not be asked."""
        self._failures += 1
        if self._failures == 1:
            _log.warning("remote.down url=%s reason=%r", self.url, reason)

    def answered(self) -> None:
        """The horde answered."""
        if self._failures:
            _log.info("remote.up url=%s", self.url)
        self._failures = 0

    def pause_s(self) -> float:
        """Returns how long to wait before it is asked again."""
        return min(self.first_s * 2.0 ** min(max(self._failures - 1, 0), 20), self.most_s)
