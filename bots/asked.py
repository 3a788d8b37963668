"""A command as it reaches whoever answers it, and what an answer is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from bots.grammar import Command
from bots.platform import Parent, PlatformEvent
from bots.store.rows import Commission
from bots.styles import StyleBook
from core.ports.store import Transaction


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
    """The answer to a command. private: for its author's eyes alone, where the platform can do that."""

    text: str
    private: bool = False


Answer: TypeAlias = Callable[[Transaction, Asked], Told]
"""Does what the command says, in the desk's transaction."""
