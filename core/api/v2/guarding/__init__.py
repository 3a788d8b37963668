"""The moderators' routes: filters, and time-outs of addresses."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation that only moderators may use."""
    from core.api.v2.guarding import addresses, filters

    return (*filters.OPERATIONS, *addresses.OPERATIONS)
