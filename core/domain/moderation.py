"""Moderation: which prompts are refused, as pure rules over a normal form."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

NEGATIVE_MARK: Final = "###"
_WEIGHT: Final = re.compile(r":\s*-?\d+(?:\.\d+)?(?=\s*[)\]>])")
_NOT_A_WORD: Final = re.compile(r"[^\w\s'#]|_")
_SPACED_OUT: Final = re.compile(r"\b(?:[^\W\d_] ){2,}[^\W\d_]\b")
_FRAGMENT: Final = re.compile(r"<(\w+)>")
_UNSEEN: Final = dict.fromkeys(code for code in range(128) if not chr(code).isprintable() and chr(code) not in "\n\t")
_PLAIN: Final = {code: " " for code in range(128) if _NOT_A_WORD.match(chr(code))} | _UNSEEN
"""For ``str.translate``: the ASCII characters that are dropped, and besides those that become a space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What screening said of a prompt; rule, group and explanation are set when it was refused."""

    allowed: bool
    rule: str | None = None
    group: str | None = None
    explanation: str | None = None


ALLOWED: Final = Verdict(allowed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Refuses what every one of ``patterns`` is found in (anywhere, any order), unless ``unless`` is found too.

    allowed, refused: one example each, which a test tries.
    """

    id: str
    group: str
    explanation: str
    patterns: tuple["re.Pattern[str]", ...]
    unless: "re.Pattern[str] | None"
    allowed: str
    refused: str


def normal_form(prompt: str) -> str:
    """Return the positive part of a prompt as the rules read it.

    NFKC, case-folded, without marks that are not seen (zero width) or only put on letters (accents); weights like
    ``(word:1.3)`` and punctuation are gone, spaces single, and letters spaced out ("n a m e") stand together.
    """
    text = prompt.partition(NEGATIVE_MARK)[0]
    if text.isascii():  # as the other way, without what cannot be in it
        if ":" in text:
            text = _WEIGHT.sub("", text.translate(_UNSEEN))
        text = text.lower().translate(_PLAIN)
    else:
        text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
        text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc", "Mn", "Me") or c in "\n\t")
        text = _NOT_A_WORD.sub(" ", _WEIGHT.sub("", unicodedata.normalize("NFC", text)))
    return " ".join(_SPACED_OUT.sub(lambda found: found.group().replace(" ", ""), text).split())


def compile_rule(raw: Mapping[str, object], fragments: Mapping[str, str]) -> Rule:
    """Return the rule; ``<name>`` in its patterns stands for that fragment. Raises ``ValueError`` naming the rule."""
    name = str(raw.get("id", "?"))
    try:
        patterns = raw["pattern"]
        several: Sequence[object] = patterns if isinstance(patterns, list) else (patterns,)
        unless = raw.get("unless")
        return Rule(
            id=name,
            group=str(raw["group"]),
            explanation=str(raw["explanation"]),
            patterns=tuple(_compiled(str(one), fragments) for one in several),
            unless=None if unless is None else _compiled(str(unless), fragments),
            allowed=str(raw["allowed"]),
            refused=str(raw["refused"]),
        )
    except (KeyError, re.error) as exc:
        message = f"The moderation rule {name!r} is broken ({exc!r}). Correct it in the rules file."
        raise ValueError(message) from exc


def _compiled(pattern: str, fragments: Mapping[str, str]) -> "re.Pattern[str]":
    """Return the pattern with its fragments put in."""
    return re.compile(_FRAGMENT.sub(lambda found: f"(?:{fragments[found[1]]})", pattern))


class Ruleset:
    """Rules that are asked together: that a prompt has nothing of any of them is told by one search."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Hold the rules; of several that refuse a prompt the first is named."""
        self.rules = tuple(rules)
        self._any = _any_of([rule.patterns[:1] for rule in rules])

    def judge(self, prompt: str) -> Verdict:
        """Return the verdict of the first rule that refuses the prompt, or that it is allowed."""
        text = normal_form(prompt)
        if self._any is not None and not self._any.search(text):
            return ALLOWED
        for rule in self.rules:
            if all(pattern.search(text) for pattern in rule.patterns) and not (
                rule.unless and rule.unless.search(text)
            ):
                return Verdict(allowed=False, rule=rule.id, group=rule.group, explanation=rule.explanation)
        return ALLOWED


def _any_of(needed: Sequence[Sequence["re.Pattern[str]"]]) -> "re.Pattern[str] | None":
    """Return what finds something wherever one of these does; None where they cannot be put together.

    needed: of each rule one pattern without which it refuses nothing; a rule that has none cannot be told beforehand,
    and in one whose groups are numbered they would have other numbers.
    """
    if any(not one or one[0].groups or one[0].flags != re.UNICODE for one in needed):
        return None
    try:
        return re.compile("|".join(dict.fromkeys(f"(?:{one[0].pattern})" for one in needed)))
    except re.error:
        return None
