"""What a worker may say of itself: each limit is an error that names the limit and the value."""

from dataclasses import replace
from typing import Any

import pytest

from core.domain.errors import InvalidRequest
from core.domain.ids import AccountId
from core.domain.kinds.kind import Kind
from core.domain.policy import QueuePolicy
from core.domain.workers.offer import WorkerOffer
from core.domain.workers.rules import check_offer, handles_of, workers_allowed
from core.domain.workers.speed import (
    fastest_milli,
    is_slow,
    is_slow_with_all,
    is_unreasonably_fast,
    performance,
    speed_milli_of,
)
from core.domain.workers.uptime import uptime_reward_mk

POLICY = QueuePolicy(model_params_b={"house model": 30.0})
OFFER = WorkerOffer(name="w", account_id=AccountId(1), models=("tiny",))
MANY = tuple(f"m{number}" for number in range(301))


@pytest.mark.parametrize(
    ("kind", "change", "field", "limit", "value"),
    [
        (Kind.IMAGE, {"models": MANY}, "models", 300, 301),
        (Kind.TEXT, {"models": MANY[:201]}, "models", 200, 201),
        (Kind.IMAGE, {"models": ("x" * 256,)}, "models ('xxxxxxxxxxxxxxxxxxxx')", 255, 256),
        (Kind.IMAGE, {"blacklist": MANY[:201]}, "blacklist", 200, 201),
        (Kind.IMAGE, {"blacklist": ("x" * 16,)}, "blacklist ('xxxxxxxxxxxxxxxx')", 15, 16),
        (Kind.IMAGE, {"threads": 51}, "threads", (1, 50), 51),
        (Kind.TEXT, {"threads": 0}, "threads", (1, 50), 0),
        (Kind.ALCHEMY, {"threads": 101}, "threads", (1, 100), 101),
        (Kind.IMAGE, {"amount": 21}, "amount", (1, 20), 21),
        (Kind.IMAGE, {"pixels_max": 4_095}, "max_pixels", (4_096, 2**31), 4_095),
        (Kind.TEXT, {"length_max": 15}, "max_length", (16, 1_048_576), 15),
        (Kind.TEXT, {"context_max": 79}, "max_context_length", (80, 1_048_576), 79),
        (Kind.TEXT, {"softprompts": MANY[:101]}, "softprompts", 100, 101),
        (Kind.ALCHEMY, {"tiles_max": 257}, "max_tiles", (1, 256), 257),
        (Kind.TEXT, {"bridge_agent": "x" * 1_001}, "bridge_agent", 1_000, 1_001),
    ],
)
def test_what_is_over_a_limit_is_refused_with_the_limit_and_the_value(
    kind: Kind, change: dict[str, Any], field: str, limit: object, value: int
) -> None:
    check_offer(replace(OFFER, kind=kind), POLICY)
    with pytest.raises(InvalidRequest) as refused:
        check_offer(replace(OFFER, kind=kind, **change), POLICY)
    assert (refused.value.field, refused.value.limit, refused.value.value) == (field, limit, value)
    assert str(value) in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (Kind.IMAGE, {"models": MANY[:300], "threads": 50, "pixels_max": 4_096, "amount": 20}),
        (Kind.TEXT, {"models": MANY[:200], "length_max": 16, "context_max": 1_048_576}),
        (Kind.ALCHEMY, {"threads": 100, "tiles_max": 256, "forms": ("caption", "RealESRGAN_x4plus")}),
        (Kind.IMAGE, {"blacklist": tuple("x" * 15 for _ in range(200))}),
    ],
)
def test_what_is_at_a_limit_is_taken(kind: Kind, change: dict[str, Any]) -> None:
    check_offer(replace(OFFER, kind=kind, **change), POLICY)


def test_a_form_must_be_known() -> None:
    with pytest.raises(InvalidRequest, match=r"The form 'cooking' is not known here. Offer some of: ") as refused:
        check_offer(replace(OFFER, kind=Kind.ALCHEMY, forms=("caption", "cooking")), POLICY)
    assert refused.value.value == "cooking"


def test_people_to_serve_first_are_named_with_their_number() -> None:
    assert handles_of(("ada#1", "bob#the#second#22"), people_max=2) == (
        ("ada", AccountId(1)),
        ("bob#the#second", AccountId(22)),
    )
    for bad in ("ada", "ada#", "ada#x", "#", "ada#" + "9" * 16):
        with pytest.raises(InvalidRequest, match="write it as name#number") as refused:
            handles_of((bad,), people_max=5)
        assert (refused.value.code, refused.value.value) == ("InvalidPriorityUsername", bad)
    with pytest.raises(InvalidRequest, match="names 3 people to serve first, but at most 2"):
        handles_of(("a#1", "b#2", "c#3"), people_max=2)


@pytest.mark.parametrize(
    ("trusted", "own", "invited", "allowed"),
    [(False, None, 0, 3), (True, None, 0, 20), (False, None, 7, 7), (True, None, 7, 20), (True, 2, 30, 2)],
)
def test_how_many_workers_an_account_may_have(trusted: bool, own: int | None, invited: int, allowed: int) -> None:
    assert workers_allowed(trusted=trusted, own_limit=own, invited=invited, policy=POLICY.workers) == allowed


@pytest.mark.parametrize(
    ("kind", "model", "at_least"),
    [
        (Kind.IMAGE, "tiny", 500_000),
        (Kind.TEXT, "koboldcpp/llama-70b", 3),
        (Kind.TEXT, "house model", 3),
        (Kind.TEXT, "mythomax-13B", 4),
        (Kind.TEXT, "phi-3b", 5),
        (Kind.TEXT, "who knows", 3),
    ],
)
def test_slow_is_below_the_least_of_the_kind(kind: Kind, model: str, at_least: int) -> None:
    def slow(speed_milli: int) -> bool:
        return is_slow(kind, speed_milli=speed_milli, model=model, policy=POLICY)

    assert slow(at_least * 1_000 - 1)
    assert slow(1)
    assert not slow(at_least * 1_000)
    assert not slow(0), "not measured yet"


def test_an_alchemist_is_slow_above_ten_seconds_a_form() -> None:
    for form_ms, slow in ((9_000, False), (10_000, False), (11_000, True)):
        speed_milli = speed_milli_of(things=1, job_ms=form_ms)
        assert is_slow(Kind.ALCHEMY, speed_milli=speed_milli, model="", policy=POLICY) is slow


def test_a_text_worker_is_slow_where_it_is_so_with_each_of_its_models() -> None:
    models = ("phi-3b", "llama-70b")
    assert not is_slow_with_all(Kind.TEXT, speed_milli=3_500, models=models, policy=POLICY)
    assert is_slow_with_all(Kind.TEXT, speed_milli=2_900, models=models, policy=POLICY)
    assert is_slow_with_all(Kind.IMAGE, speed_milli=1_000, models=(), policy=POLICY)


@pytest.mark.parametrize(
    ("kind", "model", "most"),
    [
        (Kind.IMAGE, "tiny", 20_000_000),
        (Kind.TEXT, "phi-3b", 150),
        (Kind.TEXT, "llama-8b", 150),
        (Kind.TEXT, "who knows", 150),
        (Kind.TEXT, "mythomax-13B", 150),
        (Kind.TEXT, "qwen-14b", 100),
        (Kind.TEXT, "llama-70b", 30),
        (Kind.TEXT, "mixtral-8x7b", 300),
    ],
)
def test_no_machine_is_faster_than_this(kind: Kind, model: str, most: int) -> None:
    assert fastest_milli(kind, model=model, policy=POLICY) == most * 1_000
    assert not is_unreasonably_fast(kind, things=most, job_ms=1_000, model=model, policy=POLICY)
    assert is_unreasonably_fast(kind, things=most + 1, job_ms=1_000, model=model, policy=POLICY)


def test_alchemy_is_never_too_fast() -> None:
    assert not is_unreasonably_fast(Kind.ALCHEMY, things=1, job_ms=0, model="caption", policy=POLICY)


@pytest.mark.parametrize(
    ("kind", "speed_milli", "said"),
    [
        (Kind.IMAGE, 1_234_000_000, "1.2 megapixelsteps per second"),
        (Kind.TEXT, 12_340, "12.3 tokens per second"),
        (Kind.ALCHEMY, 250, "4.0 seconds per form"),
        (Kind.TEXT, 0, "No requests fulfilled yet"),
    ],
)
def test_speed_as_people_read_it(kind: Kind, speed_milli: int, said: str) -> None:
    assert performance(kind, speed_milli=speed_milli) == said


@pytest.mark.parametrize(
    ("change", "kudos"),
    [
        ({"kind": Kind.IMAGE}, 52),
        ({"kind": Kind.IMAGE, "models": MANY[:10], "allow_lora": True}, 100),
        ({"kind": Kind.ALCHEMY}, 40),
        ({"kind": Kind.TEXT, "models": ("llama-7b",), "bridge_agent": "KoboldCppEmbedWorker:2:x"}, 55),
        ({"kind": Kind.TEXT, "models": ("llama-7b",), "bridge_agent": "unknown:0:x"}, 16.5),
        ({"kind": Kind.TEXT, "models": ("llama-70b",), "bridge_agent": "TabbyAPI:1:x"}, 550),
        ({"kind": Kind.TEXT, "models": ("phi-1b",), "bridge_agent": "TabbyAPI:1:x"}, 13.75),
        ({"kind": Kind.TEXT, "models": ("who knows",), "bridge_agent": "TabbyAPI:1:x"}, 27.5),
        ({"kind": Kind.TEXT, "models": ("llama-7b",), "bridge_agent": "TabbyAPI:1:x", "context_max": 2**20}, 3_865),
    ],
)
def test_what_ten_minutes_of_uptime_earn(change: dict[str, Any], kudos: float) -> None:
    assert uptime_reward_mk(replace(OFFER, **change), POLICY) == kudos * 1_000
