"""The operations of AI Horde API v2, a room a family of nouns, and our extras under the same prefix."""

from core.api.operations import Operations
from core.api.v2 import guarding, orders, people, showing, styles, work, workers


def operations() -> Operations:
    """Return every operation under ``/api/v2``."""
    return (
        *orders.operations(),
        *work.operations(),
        *people.operations(),
        *workers.operations(),
        *showing.operations(),
        *styles.operations(),
        *guarding.operations(),
    )
