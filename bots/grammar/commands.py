"""Commands: a text that is nothing but a command and what belongs to it."""

import re
from typing import Final

from bots.grammar.orders import Command, CommandWord

_END: Final = r"(?:\s+please)?\s*[.!?]*"
_PLAIN = re.compile(
    r"(?:please\s+)?(help|styles|status|cancel|again|vary|more|kudos|balance|delete|link|unlink|tip|stop|start"
    rf"|forget\s+me){_END}",
    re.IGNORECASE,
)
_CHANGED = r"(?:[\w ]{1,12}[:=]|with|without|but|in|as|more|less)"
_VARY = re.compile(
    r"(?:please\s+)?(?:vary|(?:make\s+)?(?:a\s+|some\s+|more\s+)?variations?)\b(?:\s+(?:of\s+)?(?:this|that|it))?"
    rf"(?:\s+(?:picture|image|one))?(?:[\s,:;]+({_CHANGED}.{{0,400}}?))?{_END}",
    re.IGNORECASE | re.DOTALL,
)
_AGAIN = re.compile(r"(?:please\s+)?again[\s,:;]+(\w+[ \t]*[:=].{0,400})", re.IGNORECASE | re.DOTALL)
_TIP = re.compile(rf"(?:please\s+)?tip\s+(-?\d[\d_.,]{{0,15}})(?:\s+kudos)?{_END}", re.IGNORECASE)
_LINK = re.compile(r"(?:please\s+)?(link|unlink)\s+([A-Za-z0-9-]{4,40})\s*[.!?]*", re.IGNORECASE)
_PARTY = re.compile(r"(?:please\s+)?(?:open\s+a\s+|start\s+a\s+)?party\b[\s,:]*(.{0,1000}?)", re.IGNORECASE | re.DOTALL)
_STYLES_LIKE = re.compile(r"(?:list\s+)?styles\s+([^\n]{1,40}?)\s*[.!?]*", re.IGNORECASE)
_SAME: Final = {"balance": "kudos"}


def command_of(said: str) -> Command | None:
    """Returns the command that the whole text is."""
    found = _PLAIN.fullmatch(said)
    if found:
        word = " ".join(found[1].lower().split())
        return Command(word=CommandWord(_SAME.get(word, word)))
    for pattern, word in ((_VARY, CommandWord.VARY), (_AGAIN, CommandWord.AGAIN), (_TIP, CommandWord.TIP)):
        found = pattern.fullmatch(said)
        if found:
            return Command(word=word, argument=(found[1] or "").strip())
    found = _LINK.fullmatch(said)
    if found:
        return Command(word=CommandWord(found[1].lower()), argument=found[2])
    found = _PARTY.fullmatch(said)
    if found:
        return Command(word=CommandWord.PARTY, argument=found[1].strip())
    found = _STYLES_LIKE.fullmatch(said)
    return Command(word=CommandWord.STYLES, argument=found[1]) if found else None
