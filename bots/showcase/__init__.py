"""The showcase: where finished pictures are posted for all to see, and what people make of them."""

from bots.showcase.posting import Showcase
from bots.showcase.ratings import count_score, count_vote

__all__ = ["Showcase", "count_score", "count_vote"]
