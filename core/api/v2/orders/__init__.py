"""The clients' routes: pictures asked for, looked at and cancelled."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation on orders."""
    from core.api.v2.orders import events, image

    return (*image.OPERATIONS, *events.OPERATIONS)
