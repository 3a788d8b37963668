"""The routes about workers: which there are, what is changed of and said to them, and the teams they are in."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation on workers; what has a word where others have an id comes first."""
    from core.api.v2.workers import messages, teams, workers

    return (*messages.OPERATIONS, *workers.OPERATIONS, *teams.OPERATIONS)
