"""The routes of styles and collections."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation on styles and collections."""
    from core.api.v2.styles import collections, examples, image, text

    return (*image.OPERATIONS, *examples.OPERATIONS, *text.OPERATIONS, *collections.OPERATIONS)
