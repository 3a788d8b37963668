"""What someone says of their party becomes a plan, or the sentence that says what is wrong."""

import pytest

from bots.names import Names
from bots.parties.plan import Plan, plan_of


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Cats", Plan(theme="Cats")),
        (
            "Winter animals, style: OCEAN; award: 5 kudos\nguests: 7 hours: 1h",
            Plan(theme="Winter animals", style="ocean", award_mk=5_000, guests_max=7, hours=1),
        ),
        ("“Night” word: owl", Plan(theme="Night", words=("owl",))),
    ],
)
def test_a_plan_is_read_in_any_order(text: str, wanted: Plan) -> None:
    assert plan_of(text, Names(["ocean", "plain"])) == wanted


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "needs a theme"),
        ("style: ocean", "needs a theme"),
        ("Cats style: ocaen", "“ocean”"),
        ("Cats award: many", "“award” is a whole number from 0 to 10000"),
        ("Cats guests: 0", "“guests” is a whole number from 1 to 1000"),
        ("Cats hours: 999", "“hours” is a whole number from 1 to 168"),
        ("x" * 81, "81 letters"),
        ("Cats words: " + ",".join("abcdefghijklmnopqrstu"), "At most 20 words"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said(text: str, told: str) -> None:
    plan = plan_of(text, Names(["ocean", "plain"]))
    assert isinstance(plan, str)
    assert told in plan
