"""The text side: the same embeddings as diffusers where it works, long prompts read whole, clip skip."""

from typing import Any

import pytest

from tests.tiny_pipeline import build
from worker.pipeline.prompts import ClipPrompts

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def pipe() -> Any:
    return build(tokens_max=77)


def test_short_prompts_are_what_diffusers_makes_of_them(pipe: Any) -> None:
    import torch

    with torch.inference_mode():
        ours = ClipPrompts(pipe).pair("a red heart", "blurry", clip_skip=1)
        theirs = pipe.encode_prompt("a red heart", "cpu", 1, True, "blurry")
    assert torch.equal(ours[0], theirs[0])
    assert torch.equal(ours[1], theirs[1])


def test_long_prompt_is_read_to_its_end_and_the_negative_follows(pipe: Any) -> None:
    import torch

    prompts = ClipPrompts(pipe)
    words = "abcdefgh " * 12
    with torch.inference_mode():
        prompt, negative = prompts.pair(f"{words} red", "", clip_skip=1)
        other, _ = prompts.pair(f"{words} blue", "", clip_skip=1)
    assert prompt.shape == negative.shape == (1, 2 * 77, 32)
    assert torch.equal(prompt[:, :77], other[:, :77])
    assert not torch.equal(prompt[:, 77:], other[:, 77:])


def test_prompt_without_end_is_cut_after_four_windows(pipe: Any) -> None:
    prompt, _ = ClipPrompts(pipe).pair("abcdefgh " * 200, "", clip_skip=2)
    assert prompt.shape == (1, 4 * 77, 32)


def test_a_toy_encoder_reads_one_window_only() -> None:
    prompt, _ = ClipPrompts(build()).pair("abcdefgh " * 20, "", clip_skip=1)
    assert prompt.shape == (1, 24, 32)
