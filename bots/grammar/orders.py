"""What a text can turn out to be: an order, a command, a refusal, or nothing for us."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from core.domain.kinds.kind import Kind
from core.domain.styles import Overrides


class CommandWord(StrEnum):
    """What one can say to a bot besides an order."""

    HELP = "help"
    STYLES = "styles"
    STATUS = "status"
    CANCEL = "cancel"
    AGAIN = "again"
    VARY = "vary"
    MORE = "more"
    KUDOS = "kudos"
    DELETE = "delete"
    TIP = "tip"
    LINK = "link"
    UNLINK = "unlink"
    STOP = "stop"
    START = "start"
    FORGET_ME = "forget me"
    PARTY = "party"


class RefusalReason(StrEnum):
    """Why a text that is meant for us cannot be taken."""

    MISSING_PROMPT = "missing_prompt"
    UNKNOWN_STYLE = "unknown_style"
    BAD_VALUE = "bad_value"
    ASKED_NOT_TO = "asked_not_to"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """A LoRA by its name or CivitAI number. is_version: the number is that of one version."""

    name: str
    weight: float = 1.0
    is_version: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What someone asks for: a picture to be drawn, a text to be written, or a picture to be read or changed.

    style: a known name, None for the default. forms: what is done with a picture, each as good as the others, the best
    first; for alchemy alone. refers: the words before the prompt that point at a picture ("this photo as"); without
    such a picture they belong to the prompt. needs_picture: nothing can be made without one. strength: how much of the
    picture changes, 0 to 1. tokens and temperature: of a text.
    """

    kind: Kind = Kind.IMAGE
    prompt: str = ""
    negative: str = ""
    style: str | None = None
    overrides: Overrides = field(default_factory=Overrides)
    loras: tuple[Lora, ...] = ()
    forms: tuple[str, ...] = ()
    refers: str = ""
    needs_picture: bool = False
    strength: float | None = None
    tokens: int | None = None
    temperature: float | None = None
    private: bool = False
    spoiler: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command; argument: the words after it."""

    word: CommandWord
    argument: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotForUs:
    """A text that asks nothing of us: nobody answers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A text that cannot be taken. key and value: the option at fault; suggestions: what would do instead."""

    reason: RefusalReason
    kind: Kind = Kind.IMAGE
    key: str = ""
    value: str = ""
    suggestions: tuple[str, ...] = ()


Parsed: TypeAlias = Order | Command | NotForUs | Refusal
