"""The one grammar of all platforms: a person's text becomes an order, a command, a refusal, or is not for us."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bots.grammar.options import EXAMPLES, READERS
from bots.grammar.orders import Command, CommandWord, NotForUs, Order, Parsed, Refusal, RefusalReason
from bots.names import Names
from core.domain.styles import Overrides

_VERB = r"(?:draw|imagine|paint|generate|dream|sketch|illustrate|render|create|make)"
_FOR = r"(?:\s+(?:for\s+)?(?:me|us)\b)"
_POLITE = r"(?:(?:please|pls|plz|hey|hi|hello|ok|okay|so|now|kindly|(?:can|could|would|will)\s+you)\b[\s,!:]*)*"
_NOT = r"\b(?:do\s+not|don['’]?t|never|not\s+to|no\s+need\s+to)\s+(?:\w+\s+){0,2}?"
_REFUSED_AT_START = re.compile(rf"\s*{_POLITE}{_NOT}{_VERB}\b", re.IGNORECASE)
_REFUSED_BEFORE = re.compile(rf"{_NOT}$", re.IGNORECASE)
_AT_START = re.compile(rf"\s*{_POLITE}{_VERB}\b{_FOR}?[\s:,]*", re.IGNORECASE)
_AFTER_PLEASE = re.compile(rf"\b(?:please|can\s+you|could\s+you)\s+{_VERB}\b{_FOR}?[\s:,]*", re.IGNORECASE)
_ANYWHERE = re.compile(rf"\b{_VERB}{_FOR}[\s:,]*", re.IGNORECASE)
_COMMAND = re.compile(
    r"(?:please\s+)?(help|styles|status|cancel|again|kudos|balance|delete|link|unlink|tip|stop|start|forget\s+me)"
    r"(?:\s+please)?\s*[.!?]*",
    re.IGNORECASE,
)
_TIP = re.compile(r"(?:please\s+)?tip\s+(-?\d[\d_.,]{0,15})(?:\s+kudos)?(?:\s+please)?\s*[.!?]*", re.IGNORECASE)
_LINK = re.compile(r"(?:please\s+)?(link|unlink)\s+([A-Za-z0-9-]{4,40})\s*[.!?]*", re.IGNORECASE)
_STYLES_LIKE = re.compile(r"(?:list\s+)?styles\s+([^\n]{1,40}?)\s*[.!?]*", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"\n]*"|“[^”\n]*”|«[^»\n]*»|`[^`\n]*`')
_QUOTE_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_KEY = re.compile(
    r"(?<![\w/-])(style|model|negative|neg|size|aspect|ar|seed|count|n|steps|cfg|sampler|private|spoiler|nsfw)"
    r"[ \t]*[:=][ \t]*",
    re.IGNORECASE,
)
_FLAG_LINE = re.compile(r"(?:(?<=^)|(?<=[\n;]))[ \t]*(private|spoiler)[ \t]*(?=$|[\n;])", re.IGNORECASE)
_MANNERS = re.compile(r"#\w+|\b(?:please|pls|plz|thanks|thank\s+you)\b", re.IGNORECASE)
_CANONICAL: Final = {"neg": "negative", "ar": "aspect", "count": "n"}


def parse(text: str, *, handle: str, styles: Names, direct: bool = False) -> Parsed:
    """Returns what the text asks for. direct: it was written to the bot alone, so no verb is needed."""
    said = _without_mentions(_QUOTE_LINE.sub("", text), handle)
    if not said:
        return Command(word=CommandWord.HELP)
    command = _command(said)
    if command is not None:
        return command
    masked = _masked(said)
    found = _AT_START.match(masked) or _AFTER_PLEASE.search(masked) or _ANYWHERE.search(masked)
    if _REFUSED_AT_START.match(masked) or (found and _REFUSED_BEFORE.search(masked[: found.start()])):
        return Refusal(reason=RefusalReason.ASKED_NOT_TO)
    if found is None and not direct:
        return NotForUs()
    begin, end = (found.start(), found.end()) if found else (0, 0)
    return _Reading(styles).order(head=said[:begin], body=said[end:])


def _without_mentions(text: str, handle: str) -> str:
    ours = rf"(?<![\w@/])(?:@|/?u/){re.escape(handle)}(?:@[\w.-]+\w)?(?![\w-])[,:]?"
    bare = re.sub(ours, " ", text, flags=re.IGNORECASE)
    # On the fediverse a reply begins with everyone in the thread.
    return re.sub(r"^(?:\s*@[\w.-]+(?:@[\w.-]+\w)?)+", "", bare).strip()


def _command(said: str) -> Command | None:
    found = _COMMAND.fullmatch(said)
    if found:
        word = " ".join(found[1].lower().split())
        return Command(word=CommandWord("kudos" if word == "balance" else word))
    found = _TIP.fullmatch(said)
    if found:
        return Command(word=CommandWord.TIP, argument=found[1])
    found = _LINK.fullmatch(said)
    if found:
        return Command(word=CommandWord(found[1].lower()), argument=found[2])
    found = _STYLES_LIKE.fullmatch(said)
    return Command(word=CommandWord.STYLES, argument=found[1]) if found else None


def _masked(text: str) -> str:
    return _QUOTED.sub(lambda found: "\0" * len(found[0]), text)


class _Reading:
    """One reading of one text; collects what it finds."""

    def __init__(self, styles: Names) -> None:
        self._styles = styles
        self._overrides = Overrides()
        self._negatives: list[str] = []
        self._tails: list[str] = []
        self._style: str | None = None
        self._unknown: str | None = None
        self._flags = {"private": False, "spoiler": False}
        self._fault: Refusal | None = None

    def order(self, *, head: str, body: str) -> Parsed:
        self._take(head)
        self._tails.clear()
        prompt = self._take(body)
        if self._fault:
            return self._fault
        if self._style is None and self._unknown is not None:
            suggestions = self._styles.nearest(self._unknown)
            return Refusal(
                reason=RefusalReason.UNKNOWN_STYLE, key="style", value=self._unknown, suggestions=suggestions
            )
        prompt = prompt or _joined(self._tails)
        if not prompt:
            return Refusal(reason=RefusalReason.MISSING_PROMPT)
        return Order(
            prompt=prompt,
            negative=", ".join(self._negatives),
            style=self._style,
            overrides=self._overrides,
            private=self._flags["private"],
            spoiler=self._flags["spoiler"],
        )

    def _take(self, text: str) -> str:
        """Reads the options out of the text and returns what is left: the prompt."""
        for name in self._flags:
            self._flags[name] |= any(found[1].lower() == name for found in _FLAG_LINE.finditer(_masked(text)))
        text = _FLAG_LINE.sub(" ", text)
        masked = _masked(text)
        positive, mark, _ = masked.partition("###")
        keys = [found for found in _KEY.finditer(masked) if self._is_option(found, text)]
        begins = [found.start() for found in keys]
        left = [text[: min([len(positive), *begins])]]
        if mark:
            until = min([begin for begin in begins if begin > len(positive)], default=len(text))
            self._negative(text[len(positive) + len(mark) : until])
        for found, stop in zip(keys, [*begins, len(text)][1:], strict=True):
            ended = len(positive) if found.start() < len(positive) < stop else stop
            left.append(self._option(found, text[found.end() : ended], masked[found.end() : ended]))
        return _joined(left)

    def _is_option(self, found: re.Match[str], text: str) -> bool:
        if found[1].lower() != "style":
            return True
        value = text[found.end() :].lstrip("\"“«`'")
        if self._styles.prefix(value) is not None:
            return True
        # An unknown style stays in the prompt if another one is known: the last known one holds.
        line = re.split(r"[\n;]|###", value, maxsplit=1)[0]
        self._unknown = _KEY.split(line, maxsplit=1)[0].strip(" \t\"”»`'.,!?")
        return False

    def _option(self, found: re.Match[str], value: str, masked: str) -> str:
        """Takes one option and returns the text after its value that belongs to the prompt."""
        key = _CANONICAL.get(found[1].lower(), found[1].lower())
        quoted = _QUOTED.match(value)
        ended = len(quoted[0]) if quoted else _end_of_clause(masked)
        clause = quoted[0][1:-1] if quoted else value[:ended]
        rest = value[ended:].lstrip("; \t")
        if key == "style":
            name, used = self._styles.prefix(clause) or (None, 0)
            self._style = name or self._style
            self._tails.append(_MANNERS.sub("", clause[used:]).strip(" ,.!"))
            return rest
        if key == "negative":
            self._negative(clause)
            return rest
        if key == "model":
            self._overrides = replace(self._overrides, model=clause.strip())
            return rest
        taken = READERS[key](clause)
        if taken is None:
            self._fault = self._fault or Refusal(
                reason=RefusalReason.BAD_VALUE, key=key, value=clause.strip()[:40], suggestions=(EXAMPLES[key],)
            )
            return rest
        changes, used = taken
        if key in self._flags:
            self._flags[key] = bool(changes[key])
        else:
            self._overrides = replace(self._overrides, **changes)  # type: ignore[arg-type]  # readers name its fields
        return f"{clause[used:]} {rest}"

    def _negative(self, words: str) -> None:
        words = " ".join(words.replace("###", ", ").split()).strip(" ,;")
        if words:
            self._negatives.append(words)


def _end_of_clause(masked: str) -> int:
    found = re.search(r"[\n;]|###", masked)
    return found.start() if found else len(masked)


def _joined(parts: Iterable[str]) -> str:
    return " ".join(" ".join(parts).split()).strip(" ,;")
