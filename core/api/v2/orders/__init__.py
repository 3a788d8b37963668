"""The clients' routes: pictures, texts and alchemy asked for, looked at and cancelled."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation on orders."""
    from core.api.v2.orders import alchemy, events, image, rating, text

    return (*image.OPERATIONS, *text.OPERATIONS, *alchemy.OPERATIONS, *events.OPERATIONS, *rating.OPERATIONS)
