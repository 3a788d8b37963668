"""Stopping and taking up again, with tiny parts and a clock of our own."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from worker.training.data import load_sprite
from worker.training.parts.stage import Stage, load_part
from worker.training.parts.vae import build_vae, load_vae, train_vae
from worker.training.pictures import Painter
from worker.training.vocabulary import load_glyphs

pytestmark = pytest.mark.torch


def test_a_stage_counts_on_after_a_resume(tmp_path: Path) -> None:
    ticks = count()
    parts = {"model": nn.Linear(2, 2)}
    first = Stage("toy", tmp_path, budget_s=10, parts=parts, resume=True, now_s=lambda: float(next(ticks)))
    while first.step < 4:
        first.advance(str)
    first.save()
    second = Stage("toy", tmp_path, budget_s=10, parts={"model": nn.Linear(2, 2)}, resume=True)
    assert second.step == 4
    assert second.elapsed_s == first.elapsed_s > 0
    assert torch.equal(load_part(tmp_path, "toy", "model")["weight"], parts["model"].weight)
    fresh = Stage("toy", tmp_path, budget_s=10, parts=parts, resume=False)
    assert fresh.step == 0


def test_the_rate_rises_then_falls_with_the_time(tmp_path: Path) -> None:
    stage = Stage("toy", tmp_path, budget_s=10, parts={}, resume=False)
    assert stage.rate(1.0) < 0.02
    stage.step = 1000
    early = stage.rate(1.0)
    stage.elapsed_s = 9.9
    assert stage.rate(1.0) < 0.03
    assert early > 0.9
    assert not stage.over


def test_a_tiny_codec_trains_saves_and_goes_on(tmp_path: Path) -> None:
    glyphs, painter = load_glyphs()[:8], Painter(load_sprite()[:8])
    widths = (8, 8)
    done = train_vae(glyphs, painter, tmp_path, budget_s=0.2, resume=True, vae=build_vae(widths))
    more = train_vae(glyphs, painter, tmp_path, budget_s=done.elapsed_s + 0.2, resume=True, vae=build_vae(widths))
    assert more.step > done.step > 0
    vae = load_vae(tmp_path, build_vae(widths))
    assert np.isfinite(sum(float(value.sum()) for value in vae.state_dict().values()))
