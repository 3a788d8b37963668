"""A door for OpenAI's clients: their format outside, the horde's queue, prices and rules inside."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation under ``/v1``."""
    from core.api.openai import chat, completions, images, models

    return (*chat.OPERATIONS, *completions.OPERATIONS, *images.OPERATIONS, *models.OPERATIONS)
