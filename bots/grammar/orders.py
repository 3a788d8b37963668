"""What a text can turn out to be: an order, a command, a refusal, or nothing for us."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from core.domain.styles import Overrides


class CommandWord(StrEnum):
    """What one can say to a bot besides an order."""

    HELP = "help"
    STYLES = "styles"
    STATUS = "status"
    CANCEL = "cancel"
    AGAIN = "again"
    KUDOS = "kudos"
    DELETE = "delete"
    TIP = "tip"
    LINK = "link"
    UNLINK = "unlink"
    STOP = "stop"
    START = "start"
    FORGET_ME = "forget me"


class RefusalReason(StrEnum):
    """Why a text that is meant for us cannot be taken."""

    MISSING_PROMPT = "missing_prompt"
    UNKNOWN_STYLE = "unknown_style"
    BAD_VALUE = "bad_value"
    ASKED_NOT_TO = "asked_not_to"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A picture that someone asks for. style: a known name, None for the default."""

    prompt: str
    negative: str = ""
    style: str | None = None
    overrides: Overrides = field(default_factory=Overrides)
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
    key: str = ""
    value: str = ""
    suggestions: tuple[str, ...] = ()


Parsed: TypeAlias = Order | Command | NotForUs | Refusal
