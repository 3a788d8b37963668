"""The showcase: where finished pictures are posted for all to see, and what people make of them."""

from bots.showcase.posting import Showcase
from bots.showcase.ratings import Ratings

__all__ = ["Ratings", "Showcase"]
