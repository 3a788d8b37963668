"""The routes that show the horde: its state, its models."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation that shows something."""
    from core.api.v2.showing import status

    return status.OPERATIONS
