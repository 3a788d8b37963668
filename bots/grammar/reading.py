"""One reading of one text: its options are taken out, what is left is the prompt."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from bots.grammar.looking import pointing
from bots.grammar.options import EXAMPLES, READERS, loras_of
from bots.grammar.orders import Lora, Order, Refusal, RefusalReason
from bots.names import Names
from core.domain.kinds.kind import Kind
from core.domain.styles import Overrides

_QUOTED = re.compile(r'"[^"\n]*"|“[^”\n]*”|«[^»\n]*»|`[^`\n]*`')
_FLAG_LINE = re.compile(r"(?:(?<=^)|(?<=[\n;]))[ \t]*(private|spoiler)[ \t]*(?=$|[\n;])", re.IGNORECASE)
_MANNERS = re.compile(r"#\w+|\b(?:please|pls|plz|thanks|thank\s+you)\b", re.IGNORECASE)
_CANONICAL: Final = {
    "neg": "negative",
    "ar": "aspect",
    "count": "n",
    "loras": "lora",
    "denoise": "strength",
    "denoising": "strength",
    "temp": "temperature",
}
_FLAGS: Final = ("private", "spoiler")
_OURS: Final = ("strength", "tokens", "temperature")
"""Options of an order that are none of a style."""


def _key(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/-])({'|'.join((*words, *_FLAGS))})[ \t]*[:=][ \t]*", re.IGNORECASE)


_KEYS: Final[Mapping[Kind, re.Pattern[str]]] = {
    Kind.IMAGE: _key(
        "style", "model", "negative", "neg", "size", "aspect", "ar", "seed", "count", "n", "steps", "cfg", "sampler",
        "loras", "lora", "strength", "denoising", "denoise", "nsfw",
    ),
    Kind.TEXT: _key("model", "count", "n", "tokens", "temperature", "temp"),
    Kind.ALCHEMY: _key(),
}  # fmt: skip


def masked(text: str) -> str:
    """Returns the text with something unreadable where it quotes: quotes are never read."""
    return _QUOTED.sub(lambda found: "\0" * len(found[0]), text)


class Reading:
    """Collects what it finds."""

    def __init__(self, styles: Names, *, kind: Kind) -> None:
        """Hold the known styles; kind: of the order, which decides on the options there are."""
        self._styles = styles
        self._kind = kind
        self._overrides = Overrides()
        self._negatives: list[str] = []
        self._tails: list[str] = []
        self._loras: list[Lora] = []
        self._style: str | None = None
        self._unknown: str | None = None
        self._flags = dict.fromkeys(_FLAGS, False)
        self._own: dict[str, float] = {}
        self._fault: Refusal | None = None

    def look(self, forms: tuple[str, ...]) -> Order | Refusal:
        """Returns the order to do one of these things with a picture, after `take`."""
        order = Order(
            kind=Kind.ALCHEMY,
            forms=forms,
            needs_picture=True,
            private=self._flags["private"],
            spoiler=self._flags["spoiler"],
        )
        return self._fault or order

    def order(self, *, head: str, body: str, needs_picture: bool) -> Order | Refusal:
        """Returns the order to make something of the words after the verb; of those before it the options count."""
        self.take(head)
        self._tails.clear()
        prompt = self.take(body)
        if self._fault:
            return self._fault
        if self._style is None and self._unknown is not None:
            suggestions = self._styles.nearest(self._unknown)
            return Refusal(
                reason=RefusalReason.UNKNOWN_STYLE, key="style", value=self._unknown, suggestions=suggestions
            )
        prompt = prompt or _joined(self._tails)
        if not prompt:
            return Refusal(reason=RefusalReason.MISSING_PROMPT, kind=self._kind)
        refers = prompt[: pointing(prompt)] if self._kind is Kind.IMAGE else ""
        tokens = self._own.get("tokens")
        return Order(
            kind=self._kind,
            prompt=prompt[len(refers) :] or prompt,
            negative=", ".join(self._negatives),
            style=self._style,
            overrides=self._overrides,
            loras=tuple(self._loras),
            refers=refers,
            needs_picture=needs_picture,
            strength=self._own.get("strength"),
            tokens=None if tokens is None else int(tokens),
            temperature=self._own.get("temperature"),
            private=self._flags["private"],
            spoiler=self._flags["spoiler"],
        )

    def take(self, text: str) -> str:
        """Reads the options out of the text and returns what is left: the prompt."""
        for name in self._flags:
            self._flags[name] |= any(found[1].lower() == name for found in _FLAG_LINE.finditer(masked(text)))
        text = _FLAG_LINE.sub(" ", text)
        hidden = masked(text)
        marks = re.finditer(r"#{3,}", hidden) if self._kind is Kind.IMAGE else ()
        keys = [found for found in _KEYS[self._kind].finditer(hidden) if self._is_option(found, text)]
        begins = sorted([*(found.start() for found in keys), *(mark.start() for mark in marks)])
        left = [text[: begins[0] if begins else len(text)]]
        by_begin = {found.start(): found for found in keys}
        for begin, stop in zip(begins, [*begins, len(text)][1:], strict=True):
            found = by_begin.get(begin)
            if found is None:
                left.append(self._refused(text[begin:stop]))
            else:
                left.append(self._option(found, text[found.end() : stop], hidden[found.end() : stop]))
        return _joined(left)

    def _refused(self, text: str) -> str:
        """Takes what shall not be in the picture, up to the end of the line, and returns what comes after it."""
        words, _, rest = text.lstrip("#").partition("\n")
        self._negative(words)
        return rest

    def _is_option(self, found: re.Match[str], text: str) -> bool:
        if found[1].lower() != "style":
            return True
        value = text[found.end() :].lstrip("\"“«`'")
        if self._styles.prefix(value) is not None:
            return True
        # An unknown style stays in the prompt if another one is known: the last known one holds.
        line = re.split(r"[\n;]|###", value, maxsplit=1)[0]
        self._unknown = _KEYS[Kind.IMAGE].split(line, maxsplit=1)[0].strip(" \t\"”»`'.,!?")
        return False

    def _option(self, found: re.Match[str], value: str, hidden: str) -> str:
        """Takes one option and returns the text after its value that belongs to the prompt."""
        key = _CANONICAL.get(found[1].lower(), found[1].lower())
        quoted = _QUOTED.match(value)
        ended = len(quoted[0]) if quoted else _end_of_clause(hidden)
        clause = quoted[0][1:-1] if quoted else value[:ended]
        rest = value[ended:].lstrip("; \t")
        match key:
            case "style":
                name, used = self._styles.prefix(clause) or (None, 0)
                self._style = name or self._style
                self._tails.append(_MANNERS.sub("", clause[used:]).strip(" ,.!"))
                return rest
            case "negative":
                self._negative(clause)
                return rest
            case "model":
                self._overrides = replace(self._overrides, model=clause.strip())
                return rest
            case "lora":
                loras, used = loras_of(clause)
                self._loras += loras
                if not loras:
                    self._bad(key, clause)
                return f"{clause[used:]} {rest}"
            case _:
                return f"{self._value(key, clause)} {rest}"

    def _value(self, key: str, clause: str) -> str:
        """Takes an option that changes one thing, and returns what follows its value."""
        taken = READERS[key](clause)
        if taken is None:
            self._bad(key, clause)
            return ""
        changes, used = taken
        if key in self._flags:
            self._flags[key] = bool(changes[key])
        elif key in _OURS:
            self._own |= {name: value for name, value in changes.items() if isinstance(value, int | float)}
        else:
            self._overrides = replace(self._overrides, **changes)  # type: ignore[arg-type]  # readers name its fields
        return clause[used:]

    def _bad(self, key: str, clause: str) -> None:
        fault = Refusal(
            reason=RefusalReason.BAD_VALUE, key=key, value=clause.strip()[:40], suggestions=(EXAMPLES[key],)
        )
        self._fault = self._fault or fault

    def _negative(self, words: str) -> None:
        words = " ".join(words.split()).strip(" ,;")
        if words:
            self._negatives.append(words)


def _end_of_clause(hidden: str) -> int:
    found = re.search(r"[\n;]|###", hidden)
    return found.start() if found else len(hidden)


def _joined(parts: Iterable[str]) -> str:
    return " ".join(" ".join(parts).split()).strip(" ,;")
