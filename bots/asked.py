"""A command as it reaches whoever answers it, and what a room brings to the conversation."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bots.grammar import Command, CommandWord, Order
from bots.platform import EventKind, Parent, PlatformEvent
from bots.store.rows import Commission
from bots.styles import StyleBook
from core.domain.accounts import Account
from core.domain.ids import AccountId
from core.domain.requests import RequestDraft
from core.ports.store import ReadTransaction, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command with who asked it where. mine: the command's own commission; parent: the post it answers."""

    command: Command
    event: PlatformEvent
    mine: Commission
    handle: str
    book: StyleBook
    now_ms: int
    parent: Parent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answer to a command. private: for its author's eyes alone, where the platform can do that.

    is_made: a model wrote it.
    """

    text: str
    private: bool = False
    is_made: bool = False


Answer: TypeAlias = Callable[[Transaction, Asked], Told]
"""Does what the command says, in the desk's transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a room makes of an order before it is accepted. refusal: the sentence that refuses it, "" for none."""

    style: str | None = None
    refusal: str = ""


Wishes: TypeAlias = Callable[[ReadTransaction, PlatformEvent, Order], Wish | None]
"""Looks at an order where it was given; None where the room has nothing to say about it."""

Finished: TypeAlias = Callable[[Transaction, Commission, int], str]
"""Does what a finished picture brings about; returns a line for its reply, "" for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Another account pays for an order.

    note: the line about it in the reply; keep: writes down for which commission it did.
    """

    account_id: AccountId
    note: str
    keep: Callable[[Transaction, str], None]


Payer: TypeAlias = Callable[[Transaction, PlatformEvent, Account, RequestDraft, int], Payment | None]
"""Says who pays for the account's order instead; None where the account pays itself."""

Reaction: TypeAlias = Callable[[Transaction, PlatformEvent, int], None]
"""What is done with an event that is no summons, in the desk's transaction; gets the time in ms."""

Turn: TypeAlias = Callable[[], Awaitable[int]]
"""Does what is due, in transactions of its own, and returns how much that was."""

Forget: TypeAlias = Callable[[Transaction, str, str], None]
"""Takes out of a room's rows what it knows of a person: platform and id there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a room below the desk brings: the runner puts the rooms together.

    turns: by name, done every second and as long as they find something; after each the outbox is looked at.
    """

    answers: Mapping[CommandWord, Answer] = field(default_factory=dict)
    reactions: Mapping[EventKind, Reaction] = field(default_factory=dict)
    turns: Mapping[str, Turn] = field(default_factory=dict)
    forgets: tuple[Forget, ...] = ()
    finished: tuple[Finished, ...] = ()
    wishes: tuple[Wishes, ...] = ()
    payers: tuple[Payer, ...] = ()
