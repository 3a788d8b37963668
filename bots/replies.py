"""What people are told: each outcome as a sentence that names the cause and the next step."""

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
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.requests import RequestStatus

PROMPT_SHOWN_CHARS: Final = 280
STYLES_SHOWN: Final = 40
SPOILER: Final = "AI generated picture"
"""The content warning of those who ask for one."""


def kudos(amount_mk: int) -> str:
    """Returns an amount as people read it, exact to a hundredth: `3.2 kudos`, `-1 kudos`."""
    sign = "-" if amount_mk < 0 else ""
    whole, rest = divmod(abs(amount_mk), MK_PER_KUDOS)
    digits = f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
    return f"{sign}{digits} kudos"


def shown(prompt: str, *, chars_max: int = PROMPT_SHOWN_CHARS) -> str:
    """Returns the prompt, cut with an ellipsis where it is longer than that."""
    return prompt if len(prompt) <= chars_max else f"{prompt[: chars_max - 1].rstrip()}…"


def pictures_made(
    *, prompt: str, style: str, seeds: Sequence[int], missing: int, price_mk: int, balance_mk: int
) -> str:
    """The reply beside finished pictures."""
    what = "Here is your picture" if len(seeds) == 1 else f"Here are your {len(seeds)} pictures"
    seed = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {', '.join(map(str, seeds))}"
    lost = (
        f"\n{missing} more could not be made; you did not pay for {'it' if missing == 1 else 'them'}."
        if missing
        else ""
    )
    return (
        f"{what}: “{shown(prompt)}”\nStyle {style} · {seed}\n"
        f"It cost {kudos(price_mk)}; you have {kudos(balance_mk)} now.{lost}"
    )


def showcased(*, prompt: str, style: str, requester: str) -> str:
    """The text of a showcase post."""
    return f"“{shown(prompt)}” · style {style} · asked by {requester}"


def alt_text(prompt: str, *, chars_max: int) -> str:
    """What a picture shows, for those who cannot see it, within the platform's limit."""
    return shown(f"AI generated picture: {prompt}", chars_max=chars_max)


def censored() -> str:
    """Every picture was held back by the safety check of the worker."""
    return (
        "The picture was made, but the safety check held it back as not safe for work. "
        "Word the prompt more harmlessly, or try another seed."
    )


def nothing_made(*, expired: bool, price_mk: int, balance_mk: int) -> str:
    """The horde could not make any of it."""
    why = (
        "No worker took your request in time: the horde is too busy, or nobody serves this style's model now."
        if expired
        else "The workers that took your request could not make it."
    )
    return (
        f"{why} Your {kudos(price_mk)} were given back; you have {kudos(balance_mk)}. "
        "Say “again” to try once more, or choose another style."
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


def nothing_before() -> str:
    """`again` without an earlier order."""
    return "I find no earlier order of yours that I could repeat. Write what I shall draw."


def help_text(handle: str) -> str:
    """What one can say to the bot."""
    return (
        f"Mention me and say what to draw: @{handle} draw for me a red heart style: plain\n"
        "Options, in any order: style: NAME · negative: WORDS (or ### WORDS) · size: 256x384 · aspect: 16:9 · "
        "seed: 42 · n: 2 · steps: 20 · cfg: 7 · sampler: k_euler · model: NAME · private · spoiler\n"
        "Commands: help · styles [word] · status · cancel · again · kudos · delete\n"
        "Volunteers' machines make the pictures: they can see prompts and pictures."
    )


def styles_text(*, styles: Mapping[str, str], categories: Sequence[str], word: str, nearest: Sequence[str]) -> str:
    """The styles there are, those with `word` in them if one is given; styles: name to note."""
    if word and not styles and not categories:
        return f"No style has that word in it. The nearest are {', '.join(nearest)}."
    lines = [f"{name}: {note}" if note else name for name, note in list(styles.items())[:STYLES_SHOWN]]
    more = len(styles) - STYLES_SHOWN
    if more > 0:
        lines.append(f"… and {more} more; say “styles” and a word to find them.")
    if categories:
        lines.append(f"Categories (one of their styles is drawn by lot): {', '.join(categories)}")
    return "\n".join(lines)


def status_text(status: RequestStatus | None, *, prompt: str) -> str:
    """Where someone's newest request is."""
    if status is None:
        return "Nothing of yours is in the queue. Ask me to draw something."
    if status.progress:
        now = status.progress[0]
        where = f"{now.worker_name} is making it, step {now.step} of {now.steps}"
    elif status.waiting:
        where = f"it is number {status.queue_position} in the queue, about {status.wait_time_s} s to wait"
        if not status.is_possible:
            where += "; no worker that is here now can make it"
    else:
        where = "it is about to be finished"
    return f"“{shown(prompt, chars_max=80)}”: {where}."


def cancelled(*, found: bool, balance_mk: int) -> str:
    """What `cancel` did."""
    if not found:
        return "Nothing of yours is in the queue, so there is nothing to cancel."
    return f"Cancelled. What was not made yet costs nothing; you have {kudos(balance_mk)}."


def too_late() -> str:
    """`cancel` after everything was made."""
    return "It is already made, so there is nothing left to cancel; the reply is on its way."


def balance(*, handle: str, available_mk: int, held_mk: int) -> str:
    """What `kudos` tells."""
    held = f" ({kudos(held_mk)} more are held for what is in the queue)" if held_mk else ""
    return (
        f"{handle} has {kudos(available_mk)}{held}. Who lends a worker earns kudos; "
        "without any, or below zero, you are still served, only later."
    )


def deleted(*, found: bool) -> str:
    """What `delete` did."""
    if not found:
        return "I find no post of mine that was made for you. Reply “delete” to the one that shall go."
    return "The picture and its posts are being deleted."


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
