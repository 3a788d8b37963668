"""The routes about people: whose key is this."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation on people."""
    from core.api.v2.people import find_user

    return find_user.OPERATIONS
