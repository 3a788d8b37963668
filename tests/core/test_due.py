"""The order of the queue, as a pure rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.policy import QueuePolicy
from core.domain.queue.due import due_ms, weight_ms

POLICY = QueuePolicy()
H_MS = POLICY.weight_max_s * 1_000
KUDOS = st.integers(min_value=-(10**15), max_value=10**15)


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


@given(KUDOS, KUDOS, st.booleans(), st.booleans(), st.integers(min_value=0, max_value=10**12))
def test_nothing_overtakes_what_was_asked_2h_earlier(
    rich: int, poor: int, guest: bool, other_guest: bool, asked: int
) -> None:
    early = due_ms(asked_at_ms=asked, available_mk=poor, guest=guest, policy=POLICY)
    late = due_ms(asked_at_ms=asked + 2 * H_MS, available_mk=rich, guest=other_guest, policy=POLICY)
    assert early < late


@given(st.integers(min_value=-500_000, max_value=0))
def test_a_fresh_guest_never_outranks_the_debt_it_replaces(debt_mk: int) -> None:
    fresh = due_ms(asked_at_ms=0, available_mk=0, guest=True, policy=POLICY)
    indebted = due_ms(asked_at_ms=0, available_mk=debt_mk, guest=False, policy=POLICY)
    assert indebted <= fresh


def test_a_life_shorter_than_4h_is_refused() -> None:
    with pytest.raises(ValueError, match="four times"):
        QueuePolicy(request_lifetime_s=4 * 300 - 1)
