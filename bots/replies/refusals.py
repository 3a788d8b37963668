"""Every refusal as a sentence that names the cause and the next step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from core.domain.errors import (
    Conflict,
    DuplicateSubmission,
    HordeError,
    InsufficientKudos,
    InvalidRequest,
    LeaseLost,
    Locked,
    NotFound,
    NotPermitted,
    PromptRejected,
    RateLimited,
    TooManyJobs,
    TooManyWorkers,
    Unauthorized,
    Unavailable,
    UnknownModel,
    WorkerMaintenance,
)


def missing_prompt(handle: str) -> str:
    """The order has no prompt."""
    return f"What shall I draw? Write, for example: @{handle} draw for me a red heart"


def unknown_style(suggestions: Sequence[str]) -> str:
    """The order names a style that is not known."""
    nearest = ", ".join(f"“{name}”" for name in suggestions)
    return f"I do not know that style. The nearest are {nearest}; “styles” lists them all."


def bad_value(key: str, example: str) -> str:
    """An option's value cannot be read."""
    return f"I cannot read the value of “{key}”. Write it like this: {example}"


def asked_not_to() -> str:
    """Someone asked us not to draw."""
    return "All right, I draw nothing. Whenever you want a picture, ask me to draw it."


def _in_its_own_words(error: HordeError) -> str:
    return str(error)


def _rejected(error: HordeError) -> str:
    rule = error.rule if isinstance(error, PromptRejected) else ""
    return (
        f"I cannot draw this: a rule of this horde refuses it ({rule}). Ask for something else; "
        "if the rule is wrong here, tell a moderator its name."
    )


def _poor(error: HordeError) -> str:
    return f"{error} Lend a worker to earn kudos, or ask for something smaller."


def _slow_down(error: HordeError) -> str:
    wait_s = error.retry_after_s if isinstance(error, RateLimited) else 0
    return f"{error} You can ask again in about {max(1, round(wait_s))} s."


def _outage(_: HordeError) -> str:
    return "The horde cannot take your request just now. Nothing was charged; ask again in some minutes."


def _already(_: HordeError) -> str:
    return "This was already done, so nothing was done twice. Say “status” to see where it is."


ERROR_REPLIES: Final[Mapping[type[HordeError], Callable[[HordeError], str]]] = {
    HordeError: _outage,
    InvalidRequest: _in_its_own_words,
    PromptRejected: _rejected,
    InsufficientKudos: _poor,
    UnknownModel: _in_its_own_words,
    NotPermitted: _in_its_own_words,
    WorkerMaintenance: _in_its_own_words,
    TooManyWorkers: _in_its_own_words,
    Unauthorized: _in_its_own_words,
    NotFound: _in_its_own_words,
    Conflict: _already,
    DuplicateSubmission: _already,
    LeaseLost: _already,
    Locked: _in_its_own_words,
    RateLimited: _slow_down,
    TooManyJobs: _slow_down,
    Unavailable: _outage,
}
"""Every class of the error tree, once; a test holds it to that."""


def error_reply(error: HordeError) -> str:
    """Returns what someone is told whose request ended in this error; never words of the prompt."""
    kind = next(kind for kind in type(error).__mro__ if kind in ERROR_REPLIES)
    return ERROR_REPLIES[kind](error)
