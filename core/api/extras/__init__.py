"""Our own routes about kudos, beside v2's: why something costs so much, and where an account's kudos went."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation of ours that is not under ``/api/v2``."""
    from core.api.extras import price, statement

    return (*price.OPERATIONS, *statement.OPERATIONS)
