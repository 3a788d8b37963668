"""The routes about people: whose key is this, accounts, keys that are lent, kudos that go over."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation on people."""
    from core.api.v2.people import find_user, kudos, shared_keys, users

    return (*find_user.OPERATIONS, *users.OPERATIONS, *shared_keys.OPERATIONS, *kudos.OPERATIONS)
