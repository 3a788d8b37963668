"""The stored filters, compiled: what they find in a prompt, within a time that no pattern can overrun."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import regex

from core.domain.errors import InvalidRequest
from core.domain.filters import GROUPS, REPLACED_TYPE, SCORE_REFUSED, Filter
from core.domain.moderation import ALLOWED, NEGATIVE_MARK, Verdict, normal_form

log = logging.getLogger(__name__)

PATTERN_S: Final = 0.05
"""What one pattern may take for one prompt; one that takes longer is laid aside until it is changed."""
PROMPT_S: Final = 0.25
"""What all patterns together may take for one prompt."""
REWRITTEN_CHARS_MAX: Final = 7_000
UNWANTED: Final = "child, infant, underage, immature, teenager, tween"
"""What is put among the unwanted things of a prompt whose words were replaced (AI Horde)."""
_PROBE_CHARS: Final = 7_500
_PROBES: Final = ("a", "a ", "ab", "0", "x1", " ")
_LITERALS_TRIED: Final = 20
_GROUP_OF: Final = {one: number for number, types in enumerate(GROUPS) for one in types}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    """A filter and its pattern."""

    filter: Filter
    pattern: Any  # the regex library has no types


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What filters found in a prompt: points, 0 to 2, one for each group; and the words."""

    score: int
    matches: tuple[str, ...]


def try_pattern(pattern: str) -> None:
    """Return if the pattern can be used, else raise ``InvalidRequest``.

    It must be a regular expression, must not find something in every text, and must be done with long, repetitive
    prompts in time.
    """
    try:
        compiled = _compiled(pattern)
    except regex.error as exc:
        message = f"regex is no regular expression: {exc}. Correct it."
        raise InvalidRequest(message, field="regex", value=pattern[:60]) from exc
    try:
        if compiled.search("", timeout=PATTERN_S) is not None:
            message = "regex finds something even in an empty text, so it would find every prompt. Make it narrower."
            raise InvalidRequest(message, field="regex", value=pattern[:60])
        for probe in _probes(pattern):
            compiled.search(probe, timeout=PATTERN_S)
    except TimeoutError as exc:
        message = (
            f"regex takes more than {PATTERN_S * 1000:.0f} ms for a long prompt. Avoid repeats inside repeats, "
            "such as (a+)+, and more than one .* in a row."
        )
        raise InvalidRequest(message, field="regex", limit=PATTERN_S, value=pattern[:60]) from exc


def _probes(pattern: str) -> Iterator[str]:
    """Yield long prompts that repeat what patterns repeat, in pieces that the pattern itself names too.

    Each is broken off before its end, where all that the pattern names stands once: else a pattern that needs one of
    these would be done at once.
    """
    literals = "".join(char for char in pattern if char not in r"\^$.|?*+()[]{}")
    tail = f"-{literals}"
    for unit in dict.fromkeys((*_PROBES, literals[:40], *literals[:_LITERALS_TRIED])):
        if unit:
            yield (unit * _PROBE_CHARS)[:_PROBE_CHARS] + tail


class FilterBook:
    """All stored filters of this process, ready to be asked; safe in any thread."""

    def __init__(self) -> None:
        """Begin empty: nothing is found."""
        self._lock = threading.Lock()
        self._filters: tuple[Filter, ...] = ()
        self._compiled: tuple[_Compiled, ...] = ()
        self._aside: frozenset[str] = frozenset()

    def put(self, filters: Sequence[Filter]) -> None:
        """Have these be all filters; those that are there already are not compiled again."""
        wanted = tuple(filters)
        if wanted == self._filters:
            return
        with self._lock:
            known = {one.filter: one for one in self._compiled}
            compiled = []
            for one in wanted:
                try:
                    compiled.append(known.get(one) or _Compiled(filter=one, pattern=_compiled(one.pattern)))
                except regex.error:
                    log.warning("filter.broken filter_id=%s", one.id)
            self._filters, self._compiled = wanted, tuple(compiled)
            self._aside &= {one.filter.id for one in known.values() if one.filter in set(wanted)}

    def judge(self, prompt: str) -> Verdict:
        """Return the verdict: refused is what has a point of either group. Only the wanted part is read."""
        if not self._compiled or self._score(normal_form(prompt)) < SCORE_REFUSED:
            return ALLOWED
        return Verdict(
            allowed=False,
            rule="filters",
            group="filters",
            explanation="what it names together may not be made here.",
        )

    def rewritten(self, prompt: str) -> str | None:
        """Return the prompt with what type 10 finds replaced, None where that does not make it one to be made."""
        wanted, _, unwanted = prompt.partition(NEGATIVE_MARK)
        text = normal_form(wanted)
        until = time.monotonic() + PROMPT_S
        for one in self._of((REPLACED_TYPE,)):
            if one.filter.replacement:
                text = self._replaced(one, text, until=until)
        text = " ".join(text.split())
        if not text or len(text) > REWRITTEN_CHARS_MAX or self._score(text) >= SCORE_REFUSED:
            return None
        return f"{text}{NEGATIVE_MARK}{', '.join(filter(None, (UNWANTED, unwanted.strip())))}"

    def find(self, prompt: str, *, types: Sequence[int]) -> Found:
        """Return all that filters of these types find in the prompt."""
        text, until = normal_form(prompt), time.monotonic() + PROMPT_S
        found = [(one, match) for one in self._of(types) if (match := self._search(one, text, until=until)) is not None]
        groups = {_GROUP_OF[one.filter.type] for one, _ in found if one.filter.type in _GROUP_OF}
        return Found(score=len(groups), matches=tuple(dict.fromkeys(match for _, match in found)))

    def _score(self, text: str) -> int:
        """Return the number of groups of which something is found."""
        until = time.monotonic() + PROMPT_S
        return sum(any(self._search(one, text, until=until) is not None for one in self._of(types)) for types in GROUPS)

    def _of(self, types: Sequence[int]) -> Iterator[_Compiled]:
        return (one for one in self._compiled if one.filter.type in types and one.filter.id not in self._aside)

    def _search(self, one: _Compiled, text: str, *, until: float) -> str | None:
        """Return what the pattern finds first; it is laid aside where it takes too long."""
        left_s = min(until - time.monotonic(), PATTERN_S)
        if left_s <= 0:
            return None
        try:
            match = one.pattern.search(text, timeout=left_s)
        except TimeoutError:
            self._lay_aside(one, left_s)
            return None
        return None if match is None else str(match.group())

    def _replaced(self, one: _Compiled, text: str, *, until: float) -> str:
        left_s = min(until - time.monotonic(), PATTERN_S)
        if left_s <= 0:
            return text
        try:
            return str(one.pattern.sub(lambda _: one.filter.replacement, text, timeout=left_s))
        except TimeoutError:
            self._lay_aside(one, left_s)
            return text

    def _lay_aside(self, one: _Compiled, left_s: float) -> None:
        if left_s < PATTERN_S:
            return  # the others had used up its time
        log.warning("filter.too_slow filter_id=%s", one.filter.id)
        with self._lock:
            self._aside |= {one.filter.id}


def _compiled(pattern: str) -> Any:  # noqa: ANN401 - the regex library has no types
    return regex.compile(pattern, regex.IGNORECASE | regex.VERSION0)
