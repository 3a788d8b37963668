"""Prices, rewards and leases, as pure rules."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import AccountId
from core.domain.kinds.image import ImageParams, base_price_mk
from core.domain.kinds.prices import job_prices, price_mk
from core.domain.kudos.rewards import share_out
from core.domain.policy import QueuePolicy
from core.domain.queue.leasing import lease_s
from core.domain.requests import RequestDraft
from core.domain.workers.offer import WorkerOffer

POLICY = QueuePolicy()
OFFER = WorkerOffer(name="w", account_id=AccountId(1))


def image(width: int, height: int, steps: int, *post: str) -> ImageParams:
    return ImageParams(width_px=width, height_px=height, steps=steps, post_processing=post)


@pytest.mark.parametrize(
    ("params", "mk"),
    [
        (image(512, 512, 50), 10_830),
        (image(512, 512, 30), 6_500),
        (image(512, 512, 20), 4_330),
        (image(512, 512, 8), 1_730),
        (image(1024, 1024, 30), 36_040),
        (image(512, 512, 500), 108_300),
        (image(2048, 2048, 30), 371_470),
        (image(64, 64, 10), 1_230),
        (image(512, 512, 50, "GFPGAN"), 13_000),
        (image(512, 512, 50, "GFPGAN", "strip_background"), 15_600),
    ],
)
def test_the_public_formula_at_known_points(params: ImageParams, mk: int) -> None:
    assert base_price_mk(params) == pytest.approx(mk, abs=40)


def test_512_at_50_steps_is_exact() -> None:
    assert base_price_mk(image(512, 512, 50)) == 10_830
    assert base_price_mk(image(512, 512, 50, "GFPGAN")) == 13_000


def test_below_4096_pixels_only_the_steps_count() -> None:
    assert base_price_mk(image(32, 32, 10)) == base_price_mk(image(64, 64, 10)) == 1_230


@given(st.integers(1, 48), st.integers(1, 48), st.integers(1, 500))
def test_a_price_grows_with_size_and_steps(width: int, height: int, steps: int) -> None:
    price = base_price_mk(image(width * 64, height * 64, steps))
    assert 0 < price <= base_price_mk(image(width * 64 + 64, height * 64, steps))
    assert price < base_price_mk(image(width * 64, height * 64, steps + 1))


def test_a_request_costs_its_jobs() -> None:
    draft = RequestDraft(prompt="a", n=3)
    one = job_prices(draft, POLICY)[0].total_mk
    assert price_mk(draft, POLICY) == 3 * one
    assert job_prices(replace(draft, extra={"control_type": "canny"}), POLICY)[0].total_mk == 3 * one


@given(st.integers(0, 10**9), st.integers(0, 1_000))
def test_the_parts_of_a_reward_are_the_price(price: int, per_mille: int) -> None:
    reward = share_out(price, QueuePolicy(fee_per_mille=per_mille))
    assert reward.owner_mk + reward.fee_mk == price
    assert reward.owner_mk >= 0
    assert reward.fee_mk >= 0


def test_leases() -> None:
    draft = RequestDraft(prompt="a", params=image(1024, 1024, 50))
    assert lease_s(draft, model="x", offer=OFFER, policy=POLICY) == 30 + 2 * 50 * 4
    assert lease_s(draft, model="flux_1", offer=OFFER, policy=POLICY) == 3 * 430
    assert lease_s(RequestDraft(prompt="a"), model="x", offer=OFFER, policy=POLICY) == 150
    assert lease_s(RequestDraft(prompt="a"), model="x", offer=replace(OFFER, extra_slow=True), policy=POLICY) == 450
    reporting = replace(OFFER, reports_progress=True)
    assert lease_s(draft, model="x", offer=reporting, policy=POLICY) == 20
    controlled = replace(draft, extra={"control_type": "canny"})
    assert lease_s(controlled, model="x", offer=OFFER, policy=POLICY) == 860
