"""The gate: whether someone is answered at all, here and now. Rules first, then what people asked for, then pace."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from bots.grammar import Command, CommandWord, Order, Parsed
from bots.platform import PlatformEvent
from bots.replies import too_fast
from bots.store.people.manners import is_opted_out, take_pace
from core.ports.store import Transaction

ALWAYS: Final = frozenset({CommandWord.START, CommandWord.STOP, CommandWord.FORGET_ME})
"""What one may still say after `stop`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What an operator has settled.

    allowed: platform to the only communities that are answered there; a platform that is not in it answers in all.
    denied: platform to communities that are not answered. burst: so many orders at once, then one each `refill_s`; 0
    for as many as one likes. unpaced: platforms that pace people themselves.
    """

    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    denied: Mapping[str, frozenset[str]] = field(default_factory=dict)
    burst: int = 5
    refill_s: float = 60.0
    unpaced: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """Deal with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Do nothing and say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Do nothing but say this."""

    text: str


Admission: TypeAlias = Admitted | Passed | Say


class Gate:
    """Admits events by the rules and by what their authors asked for."""

    def __init__(self, rules: Rules | None = None) -> None:
        """Without rules everybody is admitted everywhere at the default pace."""
        self._rules = rules or Rules()

    def admit(self, tx: Transaction, event: PlatformEvent, parsed: Parsed, *, now_ms: int) -> Admission:
        """Returns what is to be done with a summons."""
        always = isinstance(parsed, Command) and parsed.word in ALWAYS
        if not self.hears(tx, event, though_stopped=always):
            return Passed()
        if not isinstance(parsed, Order) or self._rules.burst == 0 or event.platform in self._rules.unpaced:
            return Admitted()
        taken, told, wait_s = take_pace(
            tx,
            platform=event.platform,
            external_id=event.author.external_id,
            burst=self._rules.burst,
            refill_s=self._rules.refill_s,
            now_ms=now_ms,
        )
        if taken:
            return Admitted()
        return Passed() if told else Say(text=too_fast(wait_s))

    def hears(self, tx: Transaction, event: PlatformEvent, *, though_stopped: bool = False) -> bool:
        """Returns whether anything that this person does there concerns us: votes and reactions too."""
        where = event.community.casefold()
        allowed = self._rules.allowed.get(event.platform)
        if where and (where in self._rules.denied.get(event.platform, ()) or (allowed and where not in allowed)):
            return False
        return though_stopped or not is_opted_out(tx, platform=event.platform, external_id=event.author.external_id)
