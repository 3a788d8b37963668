"""What must be covered by kudos when it is asked, and the smaller request instead."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.kinds.alchemy import AlchemyParams
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Kind
from core.domain.kinds.text import TextParams
from core.domain.kudos.policy import KudosPolicy
from core.domain.kudos.upfront import downgraded, free_side_px, free_tokens, upfront_reason
from core.domain.policy import QueuePolicy
from core.domain.requests import RequestDraft
from tests.core.scene import draft

POLICY = QueuePolicy(
    kudos=KudosPolicy(upfront=True), model_baselines={"xl": "stable_diffusion_xl", "two": "stable_diffusion_2"}
)


def text(length_max: int) -> RequestDraft:
    return RequestDraft(kind=Kind.TEXT, prompt="x", params=TextParams(length_max=length_max))


def why(a_draft: RequestDraft, *, waiting: int = 0, threads: int = 0, policy: QueuePolicy = POLICY) -> str | None:
    return upfront_reason(a_draft, waiting=waiting, threads=threads, policy=policy)


@pytest.mark.parametrize(
    ("waiting", "threads", "models", "side_px"),
    [
        (0, 0, (), 1_024),
        (0, 50, (), 1_024),
        (100, 0, (), 934),
        (100, 3, (), 964),
        (10_000, 0, (), 576),
        (10_000, 0, ("two",), 768),
        (10_000, 0, ("xl",), 1_024),
        (10_000, 0, ("xl", "other"), 576),
    ],
)
def test_the_free_square_follows_the_queue(waiting: int, threads: int, models: Any, side_px: int) -> None:
    a_draft = draft(models=models)
    assert free_side_px(a_draft, waiting=waiting, threads=threads, policy=POLICY) == side_px


@pytest.mark.parametrize(("waiting", "threads", "tokens"), [(0, 9, 512), (100, 2, 432), (1_000, 0, 256)])
def test_the_free_length_follows_the_queue(waiting: int, threads: int, tokens: int) -> None:
    assert free_tokens(waiting=waiting, threads=threads) == tokens
    assert why(text(tokens), waiting=waiting, threads=threads) is None
    assert f"up to {tokens} are free" in (why(text(tokens + 1), waiting=waiting, threads=threads) or "")


@pytest.mark.parametrize(
    ("a_draft", "words"),
    [
        (draft(), None),
        (draft(px=1_024), None),
        (draft(px=1_088), "1088 x 1088 pixels, and with 0 jobs waiting and 0 worker threads up to 1024 x 1024"),
        (draft(steps=40), None),
        (draft(steps=41), "41 steps, and up to 40"),
        (draft(steps=20, extra={"control_type": "canny"}), None),
        (draft(steps=21, extra={"control_type": "canny"}), "21 steps, and up to 20"),
        (draft(steps=11, extra={"loras": [{"name": "LCM-LoRA"}]}), "11 steps, and up to 10"),
        (draft(steps=10, extra={"loras": [{"name": "LCM-LoRA"}]}), None),
        (draft(slow_workers=False), "fast workers only"),
        (draft(worker_ids=("w",)), None),
        (RequestDraft(kind=Kind.ALCHEMY, params=AlchemyParams(forms=(), source_image="")), None),
    ],
)
def test_the_reasons_state_the_rule_with_its_numbers(a_draft: RequestDraft, words: str | None) -> None:
    found = why(a_draft)
    assert found is None if words is None else words in (found or "")


def test_the_sampler_of_few_steps() -> None:
    lcm = draft(params=ImageParams(sampler="lcm", steps=11))
    assert "up to 10" in (why(lcm) or "")


def test_settings_turn_it_off_and_add_lists_of_workers() -> None:
    large = draft(px=2_048, steps=500, slow_workers=False)
    assert why(large, policy=QueuePolicy()) is None
    listing = replace(POLICY, kudos=KudosPolicy(upfront=True, upfront_on_worker_list=True))
    listed = draft(worker_ids=("w",), worker_blacklist=True)
    assert why(listed, policy=listing) == "it chooses its workers"
    small = downgraded(listed, waiting=0, threads=0, policy=listing)
    assert (small.worker_ids, small.worker_blacklist) == ((), False)


def test_a_smaller_request_keeps_its_shape() -> None:
    large = draft(params=ImageParams(width_px=2_048, height_px=1_024, steps=60), slow_workers=False)
    small = downgraded(large, waiting=0, threads=0, policy=POLICY)
    assert (small.image.width_px, small.image.height_px, small.image.steps) == (1_408, 704, 30)
    assert small.slow_workers
    controlled = downgraded(draft(steps=60, extra={"control_type": "canny"}), waiting=0, threads=0, policy=POLICY)
    assert controlled.image.steps == 20
    assert downgraded(text(4_000), waiting=1_000, threads=0, policy=POLICY).params == TextParams(length_max=256)
    plain = draft()
    assert downgraded(plain, waiting=10**6, threads=0, policy=POLICY) is plain


@given(
    width=st.integers(1, 48),
    height=st.integers(1, 48),
    steps=st.integers(1, 500),
    waiting=st.integers(0, 2_000),
    threads=st.integers(0, 50),
    slow=st.booleans(),
)
def test_what_was_made_smaller_needs_nothing_upfront(**drawn: Any) -> None:
    image = ImageParams(width_px=64 * drawn["width"], height_px=64 * drawn["height"], steps=drawn["steps"])
    busy = {"waiting": drawn["waiting"], "threads": drawn["threads"]}
    small = downgraded(draft(params=image, slow_workers=drawn["slow"]), policy=POLICY, **busy)
    assert why(small, **busy) is None
    assert small.image.pixels <= image.pixels
    assert small.image.width_px % 64 == small.image.height_px % 64 == 0
    assert min(small.image.width_px, small.image.height_px) >= 64
