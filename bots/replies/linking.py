"""What people are told about having one purse on several platforms."""

from bots.replies.words import kudos
from core.domain.kudos.linking import LinkRefusal


def link_code(*, code: str, handle: str) -> str:
    """The code; for one person's eyes alone."""
    return (
        f"Your code is {code}. Within ten minutes, say “link {code}” to @{handle} (or my name there) on "
        "the other platform, and both names share one purse. Show it to nobody: whoever says it gets your kudos."
    )


def link_code_sent() -> str:
    """The code was asked for where others read along."""
    return "I have sent you a code in private."


def link_in_private(handle: str) -> str:
    """No code can be told here without others reading it."""
    return f"A code is for your eyes alone, and here I can only speak in public. Write “link” to @{handle} in private."


def link_from_elsewhere() -> str:
    """Whoever signed in with an API key needs no code of theirs."""
    return "You are signed in here. Say “link” to me on the other platform for a code, then say “link CODE” here."


def linked(*, handle: str, available_mk: int | None) -> str:
    """Two names have one purse now; the balance only where nobody else reads it."""
    has = "" if available_mk is None else f" and have {kudos(available_mk)}"
    return f"Done: from now on you are {handle} on both{has}. “unlink” gives this name a purse of its own again."


def unlinked(*, handle: str) -> str:
    """This name has a purse of its own."""
    return (
        f"This name is {handle} now, with a purse of its own at 0 kudos; what you had stays with your other names. "
        "If they were linked by mistake, the horde's operator can undo it with all that went over."
    )


def not_linked() -> str:
    """`unlink` of a name that stands alone."""
    return "This name has a purse of its own already. “link” gives you a code to share it with another name of yours."


def link_refused(refusal: LinkRefusal) -> str:
    """A code joined nothing."""
    match refusal:
        case LinkRefusal.UNKNOWN_CODE:
            return (
                "I do not know that code: a code is good once and for ten minutes. "
                "Say “link” on the other platform for a new one."
            )
        case LinkRefusal.TOO_MANY_TRIES:
            return "Those were too many wrong codes. Try again in ten minutes, with a new one."
        case LinkRefusal.ALREADY_ONE:
            return "These two names have one purse already."
        case LinkRefusal.TWO_REGISTERED:
            return (
                "Both names belong to accounts that were registered with an API key, and those are never joined. "
                "“unlink” one of the names first."
            )
        case LinkRefusal.NOT_ALLOWED:
            return "One of the two accounts may not be linked. Ask the moderators of this horde why."
