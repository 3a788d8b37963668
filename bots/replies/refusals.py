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
    LinkCodeUnknown,
    LinkRefused,
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
from core.domain.kinds.alchemy import AlchemyParams
from core.domain.kinds.kind import Kind
from core.domain.requests import RequestDraft

_TRAITS: Final[Mapping[str, str]] = {
    "source_image": "start from a picture",
    "loras": "use a LoRA",
}


def missing_prompt(handle: str, kind: Kind = Kind.IMAGE) -> str:
    """The order has no prompt."""
    if kind is Kind.TEXT:
        return f"What shall I write? Ask, for example: @{handle} write me a poem about the sea"
    return f"What shall I draw? Write, for example: @{handle} draw for me a red heart"


def no_picture(handle: str) -> str:
    """There is none to work on."""
    return f"I see no picture to work on. Attach one, or answer the post that has it: @{handle} describe"


def picture_refused(error: HordeError) -> str:
    """The picture to work on is not taken."""
    if isinstance(error, NotFound):
        return "That picture is gone. Answer another one, or attach it to your message."
    if isinstance(error, InvalidRequest) and isinstance(error.limit, int):
        what = "bytes" if "bytes" in str(error) else "pixels"
        return f"That picture is too large: it has {error.value} {what}, {error.limit} are taken. Attach a smaller one."
    return "I could not get that picture. Attach it to your message as a WebP, PNG or JPEG file."


def out_of_reach() -> str:
    """The platform did not give what the summons is about, again and again."""
    return "I cannot get at the post or picture that you mean. Nothing was charged; ask again in some minutes."


def unserved(draft: RequestDraft, *, served: Mapping[Kind, Sequence[str]], others: Sequence[str]) -> str:
    """Nobody who is here can make this; others: what could be asked for instead, by name."""
    instead = f" Try {' or '.join(f'“{name}”' for name in others)}." if others else ""
    match draft.kind:
        case Kind.TEXT if not served.get(Kind.TEXT):
            return "Nobody here writes texts just now. Ask again later, or have me draw something."
        case Kind.ALCHEMY if isinstance(draft.params, AlchemyParams):
            able = ", ".join(served.get(Kind.ALCHEMY, ()))
            instead = f"What is done with pictures here now: {able}." if able else "Ask again later."
            return f"Nobody here does “{draft.params.forms[0].name}” just now. {instead}"
        case _:
            pass
    wanted = [name for name in draft.models if name not in served.get(draft.kind, ())]
    if wanted and len(wanted) == len(draft.models):
        return f"No worker that is here now serves the model {', '.join(wanted)}.{instead}"
    if draft.kind is Kind.TEXT:
        return "No worker that is here now writes texts that long. Ask for fewer tokens."
    traits = [words for key, words in _TRAITS.items() if draft.extra.get(key)]
    can = f"can {' and '.join(traits)} at this size" if traits else "makes pictures this large"
    return f"No worker that is here now {can}. Ask for something smaller or plainer."


def unknown_style(suggestions: Sequence[str]) -> str:
    """The order names a style that is not known."""
    nearest = ", ".join(f"“{name}”" for name in suggestions)
    return f"I do not know that style. The nearest are {nearest}; “styles” lists them all."


def bad_value(key: str, example: str) -> str:
    """An option's value cannot be read."""
    return f"I cannot read the value of “{key}”. Write it like this: {example}"


def asked_not_to() -> str:
    """Someone asked us not to draw."""
    return "All right, I draw nothing. Whenever you want something of me, ask for it."


def _in_its_own_words(error: HordeError) -> str:
    return str(error)


def _rejected(error: HordeError) -> str:
    rule = error.rule if isinstance(error, PromptRejected) else ""
    return (
        f"I cannot make this: a rule of this horde refuses it ({rule}). Ask for something else; "
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
    LinkCodeUnknown: _in_its_own_words,
    LinkRefused: _in_its_own_words,
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
