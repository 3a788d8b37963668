"""What another horde serves, as it was told last; read before each order, so it is kept in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.kinds.kind import Kind


@dataclass(slots=True)
class Offers:
    """Models, for alchemy forms, by kind; what most serve first. is_known: it was told at least once."""

    served: Mapping[Kind, Sequence[str]] = field(default_factory=dict)
    is_known: bool = False

    def told(self, served: Mapping[Kind, Sequence[str]]) -> None:
        """This is what is served now."""
        self.served = served
        self.is_known = True
