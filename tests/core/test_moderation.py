"""The moderation rules: each rule's own examples, what is harmless, and the normal form."""

import json
from pathlib import Path

import pytest

from core.domain.errors import PromptRejected, Unavailable
from core.domain.moderation import Rule, Ruleset, Verdict, compile_rule, normal_form
from core.services.moderation.screening import RuleScreening
from tests.core.scene import Scene

RULES = Path(__file__).parents[2] / "config" / "data" / "rules.json"
SCREENING = RuleScreening.load(RULES)


def test_there_are_sixty_rules_in_three_groups_each_with_its_own_id() -> None:
    assert len(SCREENING.rules) >= 60
    assert {rule.group for rule in SCREENING.rules} == {"minors", "consent", "violence"}
    assert len({rule.id for rule in SCREENING.rules}) == len(SCREENING.rules)
    assert all(rule.explanation.endswith(".") for rule in SCREENING.rules)


@pytest.mark.parametrize("rule", SCREENING.rules, ids=lambda rule: rule.id)
def test_a_rule_refuses_its_example_and_lets_the_other_pass(rule: Rule) -> None:
    assert Ruleset([rule]).judge(rule.refused) == Verdict(
        allowed=False, rule=rule.id, group=rule.group, explanation=rule.explanation
    )
    assert SCREENING.screen_prompt(rule.allowed).allowed


@pytest.mark.parametrize(
    "prompt",
    [
        "a red heart",
        "a child playing in a park",
        "girl with a pearl earring",
        "little red riding hood and the wolf",
        "a mother kissing her baby on the forehead",
        "the birth of venus, nude, oil painting",
        "naked mole rat",
        "chicken breast with rice, food photo",
        "a blue apple ### child, nude",
        "(masterpiece:1.3), young man with a hat, 8k",
        "king of hearts, playing card",
        "teenage mutant ninja turtles",
        "a bath bomb in purple",
        "field of rapeseed",
    ],
)
def test_harmless_prompts_pass(prompt: str) -> None:
    assert SCREENING.screen_prompt(prompt).allowed


@pytest.mark.parametrize(
    "disguised",
    [
        "A NUDE CHILD",
        "nu\u200bde chi\u200dld",
        "ｎｕｄｅ ｃｈｉｌｄ",
        "(nude:1.4) ((child))",
        "n u d e  c h i l d",
        "nude_child",
        "núde chïld",
        "nude\nchild",
    ],
)
def test_disguises_do_not_help(disguised: str) -> None:
    verdict = SCREENING.screen_prompt(disguised)
    assert (verdict.allowed, verdict.group) == (False, "minors")


def test_the_normal_form() -> None:
    assert normal_form("  A  (Red:1.3)\tHEART, n.u.d.e ### blue") == "a red heart nude"


def test_a_long_prompt_is_judged_quickly_enough_to_end() -> None:
    assert SCREENING.screen_prompt("kids and dogs in the sun, " * 280).allowed


def test_a_broken_rule_is_named() -> None:
    raw = {"id": "broken", "group": "g", "pattern": "<nothing>", "explanation": "x", "allowed": "", "refused": ""}
    with pytest.raises(ValueError, match="'broken' is broken"):
        compile_rule(raw, {})


@pytest.mark.parametrize("text", ["", "{", json.dumps({"rules": [{}], "fragments": {}})])
def test_a_broken_file_says_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.json"
    path.write_text(text)
    with pytest.raises(Unavailable, match="Put back the file"):
        RuleScreening.load(path)


async def test_a_refusal_is_on_record_although_nothing_is_made(scene: Scene) -> None:
    guest = await scene.guest()
    verdict = SCREENING.screen_prompt("a nude child")
    with pytest.raises(PromptRejected, match="minor-nude") as caught:
        await scene.ask(guest.id, verdict=verdict)
    assert caught.value.rule == "minor-nude"
    incidents = await scene.do(lambda tx: tx.verdicts.incidents_of(guest.id))
    assert incidents == [("minor-nude", scene.clock.now_ms())]
    assert await scene.uow.read(lambda tx: tx.events.last_seq()) == 0
    await scene.audit()
