"""The workers' routes: jobs taken, reported on, handed in and handed back."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation on work."""
    from core.api.v2.work import alchemy, image, reports, text

    return (*image.OPERATIONS, *text.OPERATIONS, *alchemy.OPERATIONS, *reports.OPERATIONS)
