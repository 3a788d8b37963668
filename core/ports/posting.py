"""Posting: how a delivery gets to where its webhook leads."""

from typing import Protocol

from core.domain.calls.deliveries import Delivery, Posted


class Poster(Protocol):
    """What takes a delivery to its address."""

    async def post(self, delivery: Delivery) -> Posted:
        """Return how the one try ended; it has a time limit of its own and raises nothing of the network."""
        ...
