"""The workers' routes: jobs taken, reported on, handed in and handed back."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation on work."""
    from core.api.v2.work import image, reports

    return (*image.OPERATIONS, *reports.OPERATIONS)
