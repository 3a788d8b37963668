"""The answers to commands."""

from collections.abc import Mapping, Sequence
from typing import Final

from bots.replies.words import kudos, shown
from core.domain.requests import RequestStatus

STYLES_SHOWN: Final = 40


def nothing_before() -> str:
    """`again` without an earlier order."""
    return "I find no earlier order of yours that I could repeat. Tell me what to draw."


def nothing_to_vary() -> str:
    """`vary` without a picture that was drawn."""
    return "I find no picture that I drew for you. Answer one with “vary”, or ask me to draw something first."


def help_text(handle: str) -> str:
    """What one can say to the bot."""
    return (
        f"Mention me and say what to draw: @{handle} draw for me a red heart style: plain\n"
        "Options, in any order: style: NAME · negative: WORDS (or ### WORDS) · size: 256x384 · aspect: 16:9 · "
        "seed: 42 · n: 2 · steps: 20 · cfg: 7 · sampler: k_euler · model: NAME · lora: NUMBER:0.8 · "
        "strength: 0.6 (with a picture: attach one, or answer it with “draw this as …”) · private · spoiler\n"
        "Texts: write me a poem about the sea · tokens: 200 · temperature: 0.7\n"
        "Pictures, yours or the one you answer: describe · caption · interrogate · upscale · fix face · "
        "remove background\n"
        "Commands: help · styles [word] · status · cancel · again · vary · more · delete · kudos · tip 10 · link · "
        "unlink · stop · start · forget me\n"
        "Volunteers' machines do the work: they can see prompts, texts and pictures."
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
        return "Nothing of yours is in the queue. Ask me to draw or write something."
    if status.progress:
        now = status.progress[0]
        where = f"{now.worker_name} is making it, step {now.step} of {now.steps}"
    elif status.waiting:
        where = f"it is number {status.queue_position} in the queue, about {status.wait_time_s} s to wait"
        if not status.is_possible:
            where += "; no worker that is here now can make it"
    else:
        where = "it is about to be finished"
    what = f"“{shown(prompt, chars_max=80)}”" if prompt else "Your picture"
    return f"{what}: {where}."


def cancelled(*, found: bool) -> str:
    """What `cancel` did."""
    if not found:
        return "Nothing of yours is in the queue, so there is nothing to cancel."
    return "Cancelled. What was not made yet costs nothing."


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
        return "I find no post of mine that was made for you. Reply “delete” to the one you want gone."
    return "It and its posts are being deleted."
