"""Names and texts that everyone sees go by the same rules as prompts."""

from core.api.context import ApiContext
from core.domain.errors import InvalidRequest
from core.wire import Rc


def refuse_profane(context: ApiContext, text: str | None, *, field: str, code: Rc) -> None:
    """Return if the rules of prompts allow the text, or there is none; else raise ``InvalidRequest``."""
    if not text:
        return
    # The rules read a prompt up to its negative part, and what begins with that mark here is read too.
    verdict = context.screening.screen_prompt(text.replace("#", " "))
    if not verdict.allowed:
        message = f"This {field} cannot be used: {verdict.explanation} Choose another one."
        raise InvalidRequest(message, field=field, code=code)
