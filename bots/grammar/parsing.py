"""The one grammar of all platforms: a person's text becomes an order, a command, a refusal, or is not for us."""

import re

from bots.grammar.commands import command_of
from bots.grammar.looking import POLITE, forms_asked
from bots.grammar.orders import Command, CommandWord, NotForUs, Parsed, Refusal, RefusalReason
from bots.grammar.reading import Reading, masked
from bots.names import Names
from core.domain.kinds.kind import Kind

_CHANGE = r"(?:redraw|repaint|remix|restyle)"
_DRAW = rf"(?:draw|imagine|paint|generate|dream|sketch|illustrate|render|create|make|{_CHANGE})"
_WRITE = r"(?:write|compose)"
_READ = r"(?:read|caption|describe|interrogate|upscale)"
_VERB = rf"(?P<verb>{_DRAW}|{_WRITE})"
_FOR = r"(?:\s+(?:for\s+)?(?:me|us)\b)"
_NOT = r"\b(?:do\s+not|don['’]?t|never|not\s+to|no\s+need\s+to)\s+(?:\w+\s+){0,2}?"
_REFUSED_AT_START = re.compile(rf"\s*{POLITE}{_NOT}(?:{_DRAW}|{_WRITE}|{_READ})\b", re.IGNORECASE)
_REFUSED_BEFORE = re.compile(rf"{_NOT}$", re.IGNORECASE)
_AT_START = re.compile(rf"\s*{POLITE}{_VERB}\b{_FOR}?[\s:,]*", re.IGNORECASE)
_AFTER_PLEASE = re.compile(rf"\b(?:please|can\s+you|could\s+you)\s+{_VERB}\b{_FOR}?[\s:,]*", re.IGNORECASE)
_ANYWHERE = re.compile(rf"\b{_VERB}{_FOR}[\s:,]*", re.IGNORECASE)
_CHANGES = re.compile(_CHANGE, re.IGNORECASE)
_WRITES = re.compile(_WRITE, re.IGNORECASE)
_QUOTE_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_THANKS = re.compile(
    r"(?:(?:(?:many\s+)?thanks|thank\s+you|thx)\b[\w\s]{0,20}|ok|okay|great|nice|cool|wow)\s*[.!]*", re.IGNORECASE
)
_HELLO = re.compile(r"(?:hi|hello|hey)(?:\s+there)?\s*[.!]*", re.IGNORECASE)


def parse(text: str, *, handle: str, styles: Names, direct: bool = False) -> Parsed:
    """Returns what the text asks for. direct: it was written to the bot alone, so no verb is needed."""
    said = _without_mentions(_QUOTE_LINE.sub("", text), handle)
    if not said or (direct and _HELLO.fullmatch(said)):
        return Command(word=CommandWord.HELP)
    command = command_of(said)
    if command is not None:
        return command
    looking = Reading(styles, kind=Kind.ALCHEMY)
    forms = forms_asked(looking.take(said))
    if forms:
        return looking.look(forms)
    hidden = masked(said)
    found = _AT_START.match(hidden) or _AFTER_PLEASE.search(hidden) or _ANYWHERE.search(hidden)
    if _REFUSED_AT_START.match(hidden) or (found and _REFUSED_BEFORE.search(hidden[: found.start()])):
        return Refusal(reason=RefusalReason.ASKED_NOT_TO)
    if found is None and (not direct or _THANKS.fullmatch(said)):
        return NotForUs()
    begin, end, verb = (found.start(), found.end(), found["verb"]) if found else (0, 0, "")
    kind = Kind.TEXT if _WRITES.fullmatch(verb) else Kind.IMAGE
    reading = Reading(styles, kind=kind)
    return reading.order(head=said[:begin], body=said[end:], needs_picture=bool(_CHANGES.fullmatch(verb)))


def _without_mentions(text: str, handle: str) -> str:
    ours = rf"(?<![\w@/])(?:@|/?u/){re.escape(handle)}(?:@[\w.-]+\w)?(?![\w-])[,:]?"
    bare = re.sub(ours, " ", text, flags=re.IGNORECASE)
    # On the fediverse a reply begins with everyone in the thread.
    return re.sub(r"^(?:\s*@[\w.-]+(?:@[\w.-]+\w)?)+", "", bare).strip()
