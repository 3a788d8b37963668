"""The order of the queue, as a pure rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.policy import QueuePolicy
from core.domain.queue.due import due_ms, standing_mk, weight_ms

POLICY = QueuePolicy()
H_MS = POLICY.weight_max_s * 1_000
KUDOS = st.integers(min_value=-(10**15), max_value=10**15)
HELD = st.integers(min_value=0, max_value=10**12)


def due(kudos_mk: int, held_mk: int, *, guest: bool, asked_at_ms: int = 0) -> int:
    return due_ms(asked_at_ms=asked_at_ms, kudos_mk=kudos_mk, held_mk=held_mk, guest=guest, policy=POLICY)


def test_the_formula_at_known_points() -> None:
    assert weight_ms(0, POLICY) == 0
    assert weight_ms(1_000_000, POLICY) == H_MS // 2
    assert weight_ms(-1_000_000, POLICY) == -H_MS // 2
    assert weight_ms(3_000_000, POLICY) == 225_000


@given(KUDOS, KUDOS)
def test_more_kudos_never_weigh_less(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert weight_ms(low, POLICY) <= weight_ms(high, POLICY)


@given(KUDOS)
def test_no_balance_reaches_h(kudos: int) -> None:
    assert -H_MS < weight_ms(kudos, POLICY) < H_MS
    assert weight_ms(-kudos, POLICY) == -weight_ms(kudos, POLICY)


@given(st.tuples(KUDOS, HELD, st.booleans()), st.tuples(KUDOS, HELD, st.booleans()), st.integers(0, 10**12))
def test_nothing_overtakes_what_was_asked_2h_earlier(
    one: tuple[int, int, bool], other: tuple[int, int, bool], asked: int
) -> None:
    early = due(one[0], one[1], guest=one[2], asked_at_ms=asked)
    late = due(other[0], other[1], guest=other[2], asked_at_ms=asked + 2 * H_MS)
    assert early < late


@given(KUDOS, KUDOS, HELD, st.booleans())
def test_more_kudos_are_never_due_later(one: int, other: int, held: int, guest: bool) -> None:
    low, high = sorted((one, other))
    assert due(high, held, guest=guest) <= due(low, held, guest=guest)


@given(KUDOS, HELD, HELD, st.booleans())
def test_a_flood_lowers_itself(kudos: int, held: int, share: int, guest: bool) -> None:
    assert due(kudos, held, guest=guest) <= due(kudos, held + share, guest=guest)


@given(st.integers(-(10**15), 10**7), st.integers(0, 10**7), st.integers(10_000, 10**7), st.booleans())
def test_each_further_job_of_a_flood_is_due_later_by_its_share(kudos: int, held: int, share: int, guest: bool) -> None:
    assert due(kudos, held, guest=guest) < due(kudos, held + share, guest=guest)
    assert standing_mk(kudos_mk=kudos, held_mk=held, guest=guest, policy=POLICY) - share == standing_mk(
        kudos_mk=kudos, held_mk=held + share, guest=guest, policy=POLICY
    )


@given(st.integers(-(10**15), 0), HELD, st.booleans(), st.integers(0, 10**12))
def test_a_fresh_guest_never_outranks_the_debt_it_replaces(debt_mk: int, share: int, guest: bool, h_mk: int) -> None:
    """Whatever is owed, by an account or by another guest, whatever the handicap, and whatever is asked for."""
    policy = QueuePolicy(guest_handicap_mk=h_mk)
    fresh = due_ms(asked_at_ms=0, kudos_mk=0, held_mk=share, guest=True, policy=policy)
    indebted = due_ms(asked_at_ms=0, kudos_mk=debt_mk, held_mk=share, guest=guest, policy=policy)
    assert indebted <= fresh


def test_debts_count_ever_less_but_never_the_same() -> None:
    debts = (0, -100_000, -500_000, -1_000_000, -10_000_000, -100_000_000)
    standings = [standing_mk(kudos_mk=debt, held_mk=0, guest=False, policy=POLICY) for debt in debts]
    assert standings == [0, -83_333, -250_000, -333_333, -476_190, -497_512]


def test_a_life_shorter_than_4h_is_refused() -> None:
    with pytest.raises(ValueError, match="four times"):
        QueuePolicy(request_lifetime_s=4 * 300 - 1)
