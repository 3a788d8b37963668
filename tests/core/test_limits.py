"""Each limit is an error that names the limit and the value."""

from dataclasses import replace

import pytest

from core.domain.errors import InvalidRequest, UnknownModel
from core.domain.ids import WorkerId
from core.domain.kinds.image import ImageParams
from core.domain.policy import QueuePolicy
from core.domain.queue.limits import check, resolve_models
from core.domain.requests import RequestDraft

POLICY = QueuePolicy(default_models=("tiny",), model_aliases={"stable_diffusion": "tiny"})
GOOD = RequestDraft(prompt="a red heart ### blue")


def with_image(**changes: object) -> RequestDraft:
    return replace(GOOD, params=replace(GOOD.image, **changes))  # type: ignore[arg-type]  # names and types vary


def test_a_good_draft_passes() -> None:
    check(GOOD, POLICY)


@pytest.mark.parametrize(
    ("draft", "field", "words"),
    [
        (replace(GOOD, prompt="  "), "prompt", "empty"),
        (replace(GOOD, prompt="### only negative"), "prompt", "empty"),
        (replace(GOOD, prompt="x" * 7_501), "prompt", "7501 .* 7500"),
        (replace(GOOD, prompt="a\x00b"), "prompt", "NUL"),
        (replace(GOOD, n=0), "n", "0 .* 1 to 20"),
        (replace(GOOD, n=21), "n", "21 .* 1 to 20"),
        (with_image(width_px=100), "width", "100 .* multiple of 64.* 128"),
        (with_image(height_px=32), "height", "32 .* 64 to 3072"),
        (with_image(height_px=3_136), "height", "3136 .* 64 to 3072"),
        (with_image(steps=0), "steps", "0 .* 1 to 500"),
        (with_image(steps=501), "steps", "501 .* 1 to 500"),
        (with_image(cfg_scale=101.0), "cfg_scale", "101.0.* 0 to 100"),
        (with_image(cfg_scale=float("nan")), "cfg_scale", "nan"),
        (with_image(seed=2**32), "seed", "4294967296"),
        (with_image(post_processing=("x",) * 9), "post_processing", "9 .* 8"),
        (replace(GOOD, worker_ids=(WorkerId("w"),) * 6), "workers", "6 .* 5"),
        (replace(GOOD, extra={"x": "y" * 20_000}), "params", "16384"),
    ],
)
def test_a_broken_limit_is_named(draft: RequestDraft, field: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words) as caught:
        check(draft, POLICY)
    assert caught.value.field == field
    assert str(caught.value)[-1] == "."


def test_no_model_means_the_default() -> None:
    assert resolve_models(GOOD, POLICY, lambda _: False).models == ("tiny",)


def test_an_alias_stands_until_the_name_is_served() -> None:
    draft = replace(GOOD, models=("stable_diffusion",))
    assert resolve_models(draft, POLICY, lambda _: False).models == ("tiny",)
    assert resolve_models(draft, POLICY, lambda name: name == "stable_diffusion").models == ("stable_diffusion",)
    both = replace(GOOD, models=("stable_diffusion", "tiny"))
    assert resolve_models(both, POLICY, lambda _: False).models == ("tiny",)


def test_a_list_of_known_models_refuses_others() -> None:
    strict = replace(POLICY, known_models=frozenset({"tiny"}))
    with pytest.raises(UnknownModel, match="'big' is not known here"):
        resolve_models(replace(GOOD, models=("big",)), strict, lambda _: False)


def test_the_defaults_are_within_the_limits() -> None:
    check(RequestDraft(prompt="x", params=ImageParams()), QueuePolicy())


def test_a_size_over_the_models_limit_names_the_model_and_the_limit() -> None:
    policy = QueuePolicy(default_models=("tiny",), model_sizes_px={"tiny": 1024})
    large = RequestDraft(prompt="a cat", params=ImageParams(width_px=512, height_px=2048))
    with pytest.raises(InvalidRequest, match=r"height is 2048 pixels, but tiny makes at most 1024") as caught:
        resolve_models(large, policy, lambda _: False)
    assert (caught.value.field, caught.value.limit, caught.value.value) == ("params.height", 1024, 2048)
    either = replace(large, models=("tiny", "large"))
    assert resolve_models(either, policy, lambda _: False).models == ("tiny", "large")
