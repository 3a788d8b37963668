"""What may happen on a platform, as data: the contract suite runs every entry, and asserts what is missing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What may happen on a platform; what cannot is empty.

    told_to_wait: for `fault`: the post is certainly not taken, and the platform may say when to come back.
    broken_reading: for `set_up`: reading breaks off or is slow, until `mend`.
    conditions: for `set_up`: all goes as ever under it.
    shut_out: for `set_up`: nothing that the bot posts is taken or seen, until `mend`.
    says_no: for `set_up`: the answer is refused, and more may be, until `mend`; says_no_in_private: the answer to what
    was asked in private is.
    has_pictures: people post pictures there, and the bot sees those in a summons; sees_above: also those in what the
    summons answers. has_parents: it sees what a summons answers.
    community: where people say what they say in public, as an event names it.
    """

    told_to_wait: tuple[str, ...] = ()
    broken_reading: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    shut_out: tuple[str, ...] = ()
    says_no: tuple[str, ...] = ()
    says_no_in_private: tuple[str, ...] = ()
    has_pictures: bool = False
    sees_above: bool = False
    has_parents: bool = False
    community: str = ""


class Unchanging:
    """A stage where nothing of this can be set up; the others say what they can."""

    abilities = Abilities()

    def set_up(self, kind: str) -> None:
        """The platform is so from now on."""
        raise AssertionError(kind)

    def mend(self) -> None:
        """The platform is as ever."""
        raise AssertionError

    async def show(self, alt_text: str, *, text: str, in_reply_to: str | None = None) -> str:
        """A person posts a picture with these words; returns the post's id."""
        raise AssertionError(alt_text, text, in_reply_to)

    def keeps_waiting(self) -> bool:
        """Nobody waits here."""
        return False
