"""What people are told about tips: amounts they have is said to them alone."""

from bots.replies.words import kudos


def tip_held(*, amount_mk: int, taker: str, undo_s: int) -> str:
    """`tip` was heard: it is on its way."""
    return f"{kudos(amount_mk)} for {taker}: they go over in {undo_s} s."


def tip_given(*, amount_mk: int, taker: str, available_mk: int) -> str:
    """A tip was posted; for its giver alone."""
    return f"You gave {kudos(amount_mk)} to {taker}. You have {kudos(available_mk)} now."


def tip_too_dear(*, amount_mk: int, available_mk: int) -> str:
    """The giver has not enough; for the giver alone."""
    return (
        f"Your tip of {kudos(amount_mk)} was not given: you are {kudos(amount_mk - available_mk)} short. "
        "A tip makes no debt; lend a worker to earn kudos, or give less."
    )


def tip_not_covered() -> str:
    """The giver has not enough, said where others read it: no amount is told."""
    return "That tip was not given: there are not enough kudos for it. Say “kudos” to me in private to see yours."


def tip_for_nobody(handle: str) -> str:
    """`tip` answers no post."""
    return f"Whom? Answer the post of the one you want to thank: @{handle} tip 10"


def tip_for_oneself() -> str:
    """`tip` answers one's own post, or a picture that was made for oneself."""
    return "That is your own post, or was made for you: a tip goes to somebody else."


def tip_for_a_bot() -> str:
    """`tip` answers another bot's post."""
    return "That was written by a bot, and bots have no use for kudos. Answer a person's post."


def tip_out_of_bounds(*, least_mk: int, most_mk: int) -> str:
    """`tip` with an amount that is not taken."""
    return f"I give tips of {kudos(least_mk)} to {kudos(most_mk)}. Say, for example: tip {max(least_mk // 1000, 1)}"
