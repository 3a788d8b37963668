"""Every error of the tree is mapped once, and nothing more."""

from collections.abc import Iterator

from core.api.errors import STATUS
from core.api.v2.work import preferred_wait_s
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
