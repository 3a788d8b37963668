"""The stored filters: points, replacing, and patterns that would take for ever."""

import pytest

from core.domain.errors import InvalidRequest
from core.domain.filters import Filter
from core.domain.ids import AccountId
from core.domain.moderation import ALLOWED
from core.services.moderation.filtered import FilteredScreening
from core.services.moderation.patterns import UNWANTED, FilterBook, try_pattern

SLOW = r"(a+)+$"


def book(*filters: tuple[int, str, str]) -> FilterBook:
    made = FilterBook()
    made.put(
        [
            Filter(id=str(place), pattern=pattern, type=type_, replacement=replacement, account_id=AccountId(1))
            for place, (type_, pattern, replacement) in enumerate(filters)
        ]
    )
    return made


BOOK = ((10, r"\b(kid|girl)s?\b", "adult"), (11, "school", ""), (20, r"\blewd\b", ""), (15, "umbrella", ""))


@pytest.mark.parametrize(
    ("prompt", "score", "allowed"),
    [
        ("a red heart", 0, True),
        ("KIDS in a park", 1, True),
        ("a kid in a school", 1, True),
        ("lewd", 1, True),
        ("lewd kid", 2, False),
        ("school, (lewd:1.3)", 2, False),
        ("l e w d school", 2, False),
        ("school ### lewd", 1, True),
        ("lewd umbrella", 1, True),
    ],
)
def test_a_prompt_has_a_point_for_each_group(prompt: str, score: int, allowed: bool) -> None:
    filters = book(*BOOK)
    assert filters.find(prompt, types=(10, 11, 20)).score == score
    assert filters.judge(prompt).allowed is allowed


def test_what_is_found_is_told() -> None:
    found = book(*BOOK).find("a lewd Girl, two girls, an umbrella", types=(10, 11, 15, 20))
    assert (found.score, found.matches) == (2, ("girl", "lewd", "umbrella"))


@pytest.mark.parametrize(
    ("prompt", "rewritten"),
    [
        ("a lewd kid ### blurry", f"a lewd adult###{UNWANTED}, blurry"),
        ("lewd girls", f"lewd adult###{UNWANTED}"),
        ("a lewd school", None),
        ("a lewd kid in a school", None),
        ("lewd kid " * 800, None),
    ],
)
def test_what_type_10_finds_is_replaced_if_that_helps(prompt: str, rewritten: str | None) -> None:
    assert book(*BOOK).rewritten(prompt) == rewritten


def test_a_replacement_is_text_and_no_pattern() -> None:
    filters = book((10, r"\b(k)id\b", r"\1\g<0>"), (20, "lewd", ""))
    assert filters.rewritten("lewd kid") == rf"lewd \1\g<0>###{UNWANTED}"


@pytest.mark.parametrize("pattern", [SLOW, r"(x+x+)+y", r"(\w+\s?)+!!", "(a|aa)+$"])
def test_patterns_that_take_for_ever_are_refused(pattern: str) -> None:
    with pytest.raises(InvalidRequest, match="50 ms"):
        try_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(", "a*", "x|", "(?P<n"])
def test_patterns_that_are_none_or_find_everything_are_refused(pattern: str) -> None:
    with pytest.raises(InvalidRequest, match=r"Correct it|narrower"):
        try_pattern(pattern)


@pytest.mark.parametrize("pattern", [r"\b(kid|child(ren)?)\b", r"year.{0,9}old", r"(?<!not )lewd"])
def test_ordinary_patterns_are_taken(pattern: str) -> None:
    try_pattern(pattern)


def test_a_slow_pattern_that_is_stored_all_the_same_is_laid_aside(caplog: pytest.LogCaptureFixture) -> None:
    filters = book((20, SLOW, ""), (10, "kid", ""), (20, "lewd", ""))
    prompt = "a" * 5_000 + "! lewd kid"
    assert not filters.judge(prompt).allowed
    assert not filters.judge(prompt).allowed
    assert [record.getMessage() for record in caplog.records] == ["filter.too_slow filter_id=0"]


def test_filters_are_used_after_the_shipped_rules() -> None:
    class Shipped:
        def screen_prompt(self, prompt: str) -> object:
            return ALLOWED

    filters = book(*BOOK)
    both = FilteredScreening(Shipped(), filters)  # type: ignore[arg-type] # it allows all
    assert not both.screen_prompt("lewd kid").allowed
    filters.put(())
    assert both.screen_prompt("lewd kid").allowed
