"""What people are told about being left alone, forgotten, or too fast."""


def stopped(*, handle: str, is_new: bool) -> str:
    """The answer to `stop`."""
    before = "" if is_new else "You had asked for that before. "
    return (
        f"{before}I will not answer you any more, nor count your votes and tips. "
        f"If you change your mind, write to @{handle}: start"
    )


def started(*, was_stopped: bool) -> str:
    """The answer to `start`."""
    return "I am here for you again." if was_stopped else "I am here for you; you had not stopped me."


def forgotten(*, posts: int, others: int) -> str:
    """The answer to `forget me`; others: how many other platforms' names the same purse still has."""
    gone = {
        0: "There were no posts of mine for you here.",
        1: "One post and its pictures are going.",
    }.get(posts, f"{posts} posts and their pictures are going.")
    names = "other linked name" if others == 1 else f"{others} other linked names"
    purse = (
        f"Your purse stays with your {names}."
        if others
        else "Your purse was closed; if that was a mistake, the horde's operator can open it again for some weeks."
    )
    return f"What I knew of you on this platform is being deleted. {gone} {purse} This message is the last."


def too_fast(wait_s: float) -> str:
    """Someone asks faster than they may; said once."""
    return (
        f"That was fast. I take your next order in about {max(1, round(wait_s))} s; "
        "until then I stay silent, so send it again later."
    )
