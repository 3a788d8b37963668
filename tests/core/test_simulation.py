"""The simulated horde: seeded, bounded by the order's guarantee, and more kudos wait less in it."""

from dataclasses import replace
from typing import Any

import pytest

from core.domain.errors import InvalidRequest
from core.domain.policy import QueuePolicy
from core.domain.queue.simulation import Asker, AskerKind, Simulated, SimulationPlan, sample_askers, simulate
from core.domain.queue.waits import bands, curve

POLICY = QueuePolicy()


def run(askers: list[Asker] | None = None, *, policy: QueuePolicy = POLICY, **plan: Any) -> Simulated:
    wanted = replace(SimulationPlan(requests=4_000), **plan)
    return simulate(wanted, askers or sample_askers(), policy)


def account(kudos: int, kind: AskerKind = AskerKind.ACCOUNT) -> Asker:
    return Asker(kind=kind, kudos_mk=kudos * 1_000)


def test_the_same_seed_is_the_same_horde() -> None:
    assert run().waits == run().waits
    assert run().waits != run(seed=2).waits
    assert len(run().waits) == 4_000


def test_with_a_saturated_queue_more_kudos_mean_shorter_median_waits() -> None:
    crowd = [account(kudos) for kudos in (-100_000, -1_000, 0, 500, 2_000, 10_000, 1_000_000) for _ in range(30)]
    simulated = run(crowd, load=1.05, requests=20_000)
    medians = []
    for kudos in sorted({asker.kudos_mk for asker in crowd}):
        waits = sorted(
            POLICY.request_lifetime_s * 1_000 if waited_ms is None else waited_ms
            for number, waited_ms in simulated.waits
            if crowd[number].kudos_mk == kudos
        )
        medians.append(waits[len(waits) // 2])
    assert medians == sorted(medians, reverse=True)
    assert len(set(medians)) == len(medians)
    assert medians[0] - medians[-1] > 200_000


@pytest.mark.parametrize("load", [0.5, 1.0, 1.5])
def test_nobody_is_overtaken_by_anything_asked_more_than_2h_later(load: float) -> None:
    assert run(load=load).overtaken_ms < 2 * POLICY.weight_max_s * 1_000


def test_without_kudos_worth_anything_nobody_is_overtaken_at_all() -> None:
    even = [account(7) for _ in range(50)]
    assert run(even, load=1.2, price=0).overtaken_ms == 0


def test_what_is_served_is_what_the_workers_can_do() -> None:
    over = run(load=2.0, requests=20_000)
    served = sum(waited_ms is not None for _, waited_ms in over.waits) / len(over.waits)
    assert served == pytest.approx(0.5, abs=0.03)
    assert all(waited_ms is None or waited_ms <= POLICY.request_lifetime_s * 1_000 for _, waited_ms in over.waits)
    idle = run(load=0.2)
    assert all(waited_ms is not None for _, waited_ms in idle.waits)


def test_no_account_has_more_jobs_waiting_than_it_may() -> None:
    alone = run([account(0)], load=2.0, workers=1, policy=QueuePolicy(waiting_max=3))
    assert alone.refused > 0
    longest_ms = max(waited_ms for _, waited_ms in alone.waits if waited_ms is not None)
    assert longest_ms <= 3 * 15_000


def test_what_waits_lowers_what_the_same_account_asks_next() -> None:
    crowd = [account(0, AskerKind.ANONYMOUS), *(account(0, AskerKind.GUEST) for _ in range(400))]
    found = {band.kind: band for band in bands(run(crowd, load=1.03, requests=20_000, price=200))}
    many, few = found[AskerKind.ANONYMOUS], found[AskerKind.GUEST]
    assert many.median_ms is not None
    assert few.median_ms is not None
    assert many.median_ms > few.median_ms + 60_000


def test_every_option_out_of_its_range_is_named_at_once() -> None:
    with pytest.raises(InvalidRequest) as caught:
        SimulationPlan(load=0, workers=0, job_s=0.01, price=-1, requests=10, seed=-1)
    for option in ("--load is 0", "--workers", "--job-s", "--price is -1", "--requests is 10", "--seed"):
        assert option in str(caught.value)
    assert "for example --load 1.1" in str(caught.value)
    with pytest.raises(InvalidRequest, match="--balances"):
        simulate(SimulationPlan(), [], POLICY)


def test_bands_and_curve_tell_the_same_waits() -> None:
    simulated = run(load=1.0, requests=8_000)
    found = bands(simulated)
    assert [band.kind for band in found[:2]] == [AskerKind.ANONYMOUS, AskerKind.GUEST]
    assert [band.most_kudos for band in found[2:]] == [-1_000, -100, 0, 100, 1_000, 10_000, 100_000, None]
    assert sum(band.requests for band in found) == 8_000
    points = curve(simulated)
    assert [point.kudos for point in points] == sorted({point.kudos for point in points})
    assert points[0].median_ms > points[-1].median_ms
    assert all(point.median_ms <= point.p95_ms for point in points)


def test_a_band_that_nobody_served_has_no_waits() -> None:
    poor, rich = account(-(10**6)), [account(10**6) for _ in range(40)]
    simulated = run([poor, *rich], load=4.0, workers=1)
    lowest = bands(simulated)[0]
    assert (lowest.most_kudos, lowest.served, lowest.median_ms) == (-1_000, 0.0, None)
