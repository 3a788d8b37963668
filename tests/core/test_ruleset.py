"""Rules that are asked together judge as each of them does alone, whatever the prompt: the plain way is kept here."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.domain.moderation import ALLOWED, NEGATIVE_MARK, Rule, Ruleset, Verdict, compile_rule, normal_form
from core.services.moderation.screening import RuleScreening

RULES = RuleScreening.load(Path(__file__).parents[2] / "config" / "data" / "rules.json").rules
WORDS = sorted({word for rule in RULES for text in (rule.allowed, rule.refused) for word in text.split()})
PIECES = [
    *WORDS, "photo", "stop", "n a k e d", "c h i l d", "12 yo", "nu\u200bde", "ch\u0301ild", "ｎｕｄｅ", "(nude:1.4)",
    ": -1.5 )", "nu\x00de", "a:\x011.3)", "x_y", "it's", "#", "###", "ß", "İ", "\r\n", "\x1c", "\x85", "2 0", "K",
]  # fmt: skip
PROMPTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.text(max_size=60),
    st.text(st.characters(max_codepoint=127), max_size=60),
)


def plain_normal_form(prompt: str) -> str:
    """The normal form as it is defined, for every character alike."""
    text = unicodedata.normalize("NFKC", prompt.partition(NEGATIVE_MARK)[0]).casefold()
    text = unicodedata.normalize("NFD", text)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc", "Mn", "Me") or c in "\n\t")
    text = re.sub(r":\s*-?\d+(?:\.\d+)?(?=\s*[)\]>])", "", unicodedata.normalize("NFC", text))
    text = re.sub(r"[^\w\s'#]|_", " ", text)
    text = re.sub(r"\b(?:[^\W\d_] ){2,}[^\W\d_]\b", lambda found: found.group().replace(" ", ""), text)
    return re.sub(r"\s+", " ", text).strip()


def plain_verdict(prompt: str, rules: Sequence[Rule]) -> Verdict:
    """The verdict of each rule asked by itself, one after the other."""
    text = plain_normal_form(prompt)
    for rule in rules:
        if all(pattern.search(text) for pattern in rule.patterns) and not (rule.unless and rule.unless.search(text)):
            return Verdict(allowed=False, rule=rule.id, group=rule.group, explanation=rule.explanation)
    return ALLOWED


def rule_of(pattern: str | list[str], name: str = "one", **more: str) -> Rule:
    raw: Mapping[str, object] = {"id": name, "group": "g", "explanation": "E.", "allowed": "", "refused": ""}
    return compile_rule({**raw, "pattern": pattern, **more}, {})


@given(PROMPTS)
@example("(a nude:1.3) ### child")
@example("".join(map(chr, range(128))).replace("###", ""))
@example("a:\x001.3) b c d")
def test_the_normal_form_is_the_same_by_either_way(prompt: str) -> None:
    assert normal_form(prompt) == plain_normal_form(prompt)


@pytest.mark.parametrize("code", range(128))
def test_each_ascii_character_is_read_the_same_by_either_way(code: int) -> None:
    for prompt in (chr(code), f"a{chr(code)}b", f"a :{chr(code)}1.5{chr(code)})", f"a {chr(code)} b c d"):
        assert normal_form(prompt) == plain_normal_form(prompt)


@given(PROMPTS)
def test_the_shipped_rules_judge_as_each_does_alone(prompt: str) -> None:
    assert Ruleset(RULES).judge(prompt) == plain_verdict(prompt, RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_example_is_judged_as_each_rule_does_alone(rule: Rule) -> None:
    for prompt in (rule.allowed, rule.refused):
        assert Ruleset(RULES).judge(prompt) == plain_verdict(prompt, RULES)


@pytest.mark.parametrize(
    "odd",
    [
        rule_of([], "nothing needed"),
        rule_of(r"(.)\1\1", "a group by number"),
        rule_of(r"(?i)HEART", "a flag for all of it"),
        rule_of(r"(?x) he  art", "a flag for how it is read"),
        rule_of(r"a|", "finds everything"),
        rule_of([r"heart", r"(e)(d)\2"], "a group in what comes second"),
        rule_of(r"heart", "unless", unless="red"),
    ],
    ids=lambda rule: rule.id,
)
@pytest.mark.parametrize("prompt", ["a red heart", "a heart", "aaa moo", "booo", "added", "", "heart redd"])
def test_rules_that_cannot_be_put_together_are_asked_all_the_same(odd: Rule, prompt: str) -> None:
    for rules in ([odd], [*RULES, odd], [odd, *RULES], [rule_of(r"(b)(?:x)\1", "before"), odd]):
        assert Ruleset(rules).judge(prompt) == plain_verdict(prompt, rules)


def test_of_two_rules_that_refuse_the_first_is_named() -> None:
    rules = [rule_of("heart", "first"), rule_of("red", "second")]
    assert Ruleset(rules).judge("a red heart").rule == "first"
    assert Ruleset(rules[::-1]).judge("a red heart").rule == "second"
    assert Ruleset([]).judge("a red heart") == ALLOWED
