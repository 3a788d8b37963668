"""Every error of the tree has its reply, and no reply carries words of a refused prompt."""

import inspect

import pytest

from bots.replies import (
    ERROR_REPLIES,
    error_reply,
    forgotten,
    kudos,
    left_out,
    nothing_made,
    pictures_made,
    shown,
    styles_text,
    too_many_parties,
)
from core.domain import errors
from core.domain.errors import (
    HordeError,
    InsufficientKudos,
    InvalidRequest,
    PromptRejected,
    TooManyJobs,
    Unavailable,
)

TREE = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, HordeError)]


def test_every_class_of_the_error_tree_is_mapped_once() -> None:
    assert set(ERROR_REPLIES) == set(TREE)


@pytest.mark.parametrize(
    "error",
    [
        InvalidRequest("The width is 500 pixels, but it must be a multiple of 64. The nearest is 512.", field="width"),
        InsufficientKudos("This costs 10 kudos, but you have 3."),
        TooManyJobs("You have 30 jobs waiting.", limit=30, value=31, retry_after_s=12.4),
        Unavailable("disk full at /var/lib"),
    ],
)
def test_replies_say_what_to_do_next(error: HordeError) -> None:
    said = error_reply(error)
    assert said.count(".") >= 2, "a cause and a next step"


def test_a_refusal_names_the_rule_and_quotes_nothing() -> None:
    said = error_reply(PromptRejected("secret words of the prompt", rule="minors-3", group="minors"))
    assert "minors-3" in said
    assert "secret" not in said
    assert "disk" not in error_reply(Unavailable("disk full at /var/lib"))


def test_waiting_times_are_told() -> None:
    assert "12 s" in error_reply(TooManyJobs("You have 30 jobs waiting.", limit=30, value=31, retry_after_s=12.4))


@pytest.mark.parametrize(
    ("amount_mk", "said"),
    [(0, "0 kudos"), (1_000, "1 kudos"), (3_250, "3.25 kudos"), (-400, "-0.4 kudos"), (-12_001, "-12.001 kudos")],
)
def test_kudos_are_exact(amount_mk: int, said: str) -> None:
    assert kudos(amount_mk) == said


def test_price_and_balance_are_told() -> None:
    said = pictures_made(prompt="a cat", style="plain", seeds=[7], missing=1, price_mk=2_500, balance_mk=-2_500)
    assert "2.5 kudos" in said
    assert "-2.5 kudos" in said
    assert "seed 7" in said
    assert "1 more could not be made" in said
    assert "given back" in nothing_made(expired=True, price_mk=2_500, balance_mk=0)


def test_long_prompts_are_cut_to_the_limit() -> None:
    assert len(shown("x" * 400, chars_max=100)) == 100
    assert shown("short", chars_max=100) == "short"


def test_long_style_lists_are_cut() -> None:
    said = styles_text(styles={f"s{i}": "" for i in range(100)}, categories=["c"], word="", nearest=())
    assert "60 more" in said
    assert "c" in said


def test_what_is_said_of_one_and_of_many_is_grammatical() -> None:
    """It said `1 posts`, `1 other linked names`, `2 LoRA` and `1 parties`."""
    assert "One post and its pictures are going. Your purse stays with your other linked name." in forgotten(
        posts=1, others=1
    )
    assert "2 posts and their pictures are going. Your purse stays with your 3 other linked names." in forgotten(
        posts=2, others=3
    )
    assert too_many_parties(1).startswith("You have a party already")
    assert left_out("LoRA", 2, 5).startswith("The last 2 LoRAs were left out")
