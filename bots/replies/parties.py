"""What people are told of parties."""

from collections.abc import Sequence

from bots.replies.words import kudos


def party_opened(*, theme: str, cost_mk: int) -> str:
    """The answer to who opens a party."""
    paid = f" {kudos(cost_mk)} were set aside for the guests; what is left comes back when it ends." if cost_mk else ""
    return f"The party “{theme}” is being opened in a thread.{paid} “party end” ends it before its time."


def party_announced(
    *,
    theme: str,
    opener: str,
    handle: str,
    style: str,
    words: Sequence[str],
    award_mk: int,
    guests_max: int,
    hours: int,
) -> str:
    """The post whose thread is the party."""
    rules = [f"**{theme}**: a party of {opener}", f"Mention @{handle} in this thread and say what to draw."]
    if style:
        rules.append(f"Everything is drawn in the style “{style}”.")
    if words:
        rules.append(f"Have one of these words in it: {', '.join(words)}.")
    if award_mk:
        rules.append(f"The first picture of each of the first {guests_max} guests is rewarded with {kudos(award_mk)}.")
    rules.append("It lasts an hour." if hours == 1 else f"It lasts {hours} hours.")
    return "\n".join(rules)


def party_over(*, theme: str, guests: int, award_mk: int) -> str:
    """The last post in the thread."""
    who = {0: "Nobody came this time.", 1: "One guest drew along."}.get(guests, f"{guests} guests drew along.")
    paid = f" Together they got {kudos(guests * award_mk)}." if guests and award_mk else ""
    name = f" “{theme}”" if theme else ""
    return f"The party{name} is over. {who}{paid}"


def party_ending(*, theme: str, left_mk: int) -> str:
    """The answer to who ends their party."""
    back = f" {kudos(left_mk)} came back to you." if left_mk else ""
    return f"The party “{theme}” is over.{back}"


def party_failed(*, theme: str, left_mk: int) -> str:
    """What the opener is told when the thread could not be made."""
    back = f" Your {kudos(left_mk)} were given back." if left_mk else ""
    return (
        f"I could not open a thread for the party “{theme}”.{back} "
        "Check that I may write and make threads there, and try again."
    )


def no_party_here() -> str:
    """Where parties cannot be."""
    return "Parties are held in threads of a server, and there are none here. Open it where there are."


def no_party_of_yours() -> str:
    """`party end` without a party."""
    return "You have no party that could end."


def too_many_parties(limit: int) -> str:
    """Someone opens one party after another."""
    parties = "a party" if limit == 1 else f"{limit} parties"
    return f"You have {parties} already, the most at once. End one first: party end"


def party_award(*, theme: str, award_mk: int) -> str:
    """The line below a guest's first picture."""
    return f"You got {kudos(award_mk)} for joining “{theme}”."


def other_style_at_party(*, theme: str, style: str) -> str:
    """An order in a party's thread names a style of its own."""
    return f"At the party “{theme}” everything is drawn in the style “{style}”. Leave the style out, or ask elsewhere."


def word_missing_at_party(*, theme: str, words: Sequence[str]) -> str:
    """An order in a party's thread has none of its words."""
    return f"At the party “{theme}” a picture needs one of these words: {', '.join(words)}."
