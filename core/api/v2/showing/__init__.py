"""The routes that show the horde: its state, its models, its statistics, its documents."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation that shows something."""
    from core.api.v2.showing import documents, models, modes, stats, status

    return (
        *status.OPERATIONS,
        *models.OPERATIONS,
        *modes.OPERATIONS,
        *stats.OPERATIONS,
        *documents.OPERATIONS,
    )
