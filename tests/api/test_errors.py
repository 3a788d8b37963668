"""Every error of the tree is mapped once, and nothing more."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.errors import STATUS
from core.api.v2.orders.drafts import seed_of
from core.api.v2.work.holding import preferred_wait_s
from core.domain import errors


def tree(root: type[errors.HordeError]) -> Iterator[type[errors.HordeError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree(child)


def test_every_error_has_a_status() -> None:
    assert set(STATUS) == set(tree(errors.HordeError))
    assert all(400 <= status < 600 for status in STATUS.values())


def test_workers_give_up_on_a_stale_job_and_retry_when_we_are_busy() -> None:
    """R8: 404 and 400 end the job for existing workers; other codes are tried ten times."""
    assert STATUS[errors.DuplicateSubmission] == STATUS[errors.LeaseLost] == 400
    assert STATUS[errors.NotFound] == 404
    assert STATUS[errors.Unavailable] == 503


def test_the_wait_that_a_worker_prefers() -> None:
    for prefer, wait_s in (
        (["wait=20"], 20),
        (["respond-async, wait=100"], 100),
        (['Wait="5"; foo=bar'], 5),
        (["return=minimal", "wait = 7"], 7),
        (["wait=3, wait=9"], 3),
        (["wait=0"], 0),
        (["await=3"], None),
        (["wait=soon"], None),
        (["wait=-1"], None),
        ([], None),
    ):
        assert preferred_wait_s(prefer) == wait_s, prefer


@pytest.mark.parametrize(
    ("given_seed", "number"), [("42", 42), (42, 42), ("", None), (-1, None), ("a", 97), ("ab", 25185)]
)
def test_seeds_as_the_public_server_reads_them(given_seed: int | str, number: int | None) -> None:
    """Digits are a number; other text is its bytes, little-endian."""
    assert seed_of(given_seed) == number


@given(st.text(max_size=50) | st.integers())
def test_every_seed_fits_in_32_bits(given_seed: int | str) -> None:
    number = seed_of(given_seed)
    assert number is None or 0 <= number < 2**32
