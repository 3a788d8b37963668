"""Names, times, kudos and mentions in words; who may be called what; what a forged cookie is worth."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.commons.parse import cursor_numbers, cursor_text, mentions, runs_of
from bots.commons.render import ago_words, kudos_words, person
from bots.commons.session import COOKIE, Sessions, check_origin, clean_name, new_guest, reader_of_account
from core.domain.errors import InvalidRequest, NotPermitted


@pytest.mark.parametrize(
    ("amount_mk", "words"),
    [(0, "0"), (910, "0.91"), (-910, "−0.91"), (1_500, "1.5"), (12_345_678, "12,345.68"), (-4, "0"), (-1_000, "−1")],
)
def test_kudos_read_well(amount_mk: int, words: str) -> None:
    assert kudos_words(amount_mk) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(3, "just now"), (130, "2 min"), (7_300, "2 h"), (90_000, "1 day"), (-5, "just now")]
)
def test_times_read_well(seconds: int, words: str) -> None:
    assert ago_words(1_000_000_000_000, now_ms=1_000_000_000_000 + seconds * 1_000) == words


@given(st.text())
def test_no_letter_is_lost_between_runs(text: str) -> None:
    assert "".join(run for run, _ in runs_of(text, handle="horde")) == text


@pytest.mark.parametrize(
    ("text", "called"),
    [("@horde hi", True), ("hi @Horde!", True), ("@hordes hi", False), ("me@horde.org", False), ("horde", False)],
)
def test_the_bot_is_called_by_its_whole_name(text: str, called: bool) -> None:
    assert mentions(text, handle="horde") is called


@pytest.mark.parametrize("cursor", ["3.4", None, "", "x", "3", "-1.2"])
def test_a_foreign_cursor_begins_at_the_beginning(cursor: str | None) -> None:
    assert cursor_numbers(cursor) == ((3, 4) if cursor == "3.4" else (0, 0))
    assert cursor_numbers(cursor_text(posts=8, votes=9)) == (8, 9)


@pytest.mark.parametrize("name", ["", "  ", "horde", "HORDE", "a#1", "@me", "x" * 25, "\u202e"])
def test_names_that_could_be_someone_elses_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequest):
        clean_name(name, taken=frozenset({"horde"}))


def test_a_name_is_tidied() -> None:
    assert clean_name("  Mira\u200b   B ", taken=frozenset()) == "Mira B"


def test_the_bots_name_and_colour_are_its_own() -> None:
    assert person(person_id="horde", name="horde").is_horde
    assert not person(person_id="guest:1", name="horde").is_horde
    assert person(person_id="guest:1", name="Mira").tag == "guest"


def _request(cookie: str = "", **headers: str) -> Any:
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    return cast(Any, SimpleNamespace(cookies={COOKIE: cookie}, headers=found, host="127.0.0.1:8000"))


def test_a_cookie_proves_who_one_is_and_a_changed_one_nobody() -> None:
    from aiohttp import web

    sessions = Sessions(secret=b"one", is_https=True)
    reader = reader_of_account(account_id=17, name="Ada")
    response = web.Response()
    sessions.remember(response, reader)
    cookie = response.cookies[COOKIE]
    assert sessions.reader(_request(cookie.value)) == reader
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Strict"
    payload, _, signature = cookie.value.rpartition(".")
    for forged in (f"{payload[:-4]}AAAA.{signature}", f"{payload}.{signature[:-1]}", payload, ".", "", "é.é"):
        assert sessions.reader(_request(forged)) is None
    assert Sessions(secret=b"two", is_https=True).reader(_request(cookie.value)) is None


def test_a_form_is_good_for_its_own_reader_alone() -> None:
    sessions = Sessions(secret=b"one", is_https=False)
    mine, other = new_guest(), new_guest()
    sessions.check_form(mine, sessions.token(mine))
    for token in (sessions.token(other), "", "é"):
        with pytest.raises(NotPermitted):
            sessions.check_form(mine, token)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_other_sites_may_not_post(headers: dict[str, str]) -> None:
    with pytest.raises(NotPermitted):
        check_origin(_request(**headers))


def test_our_own_pages_and_programs_may_post() -> None:
    check_origin(_request(Origin="http://127.0.0.1:8000", Sec_Fetch_Site="same-origin"))
    check_origin(_request())
