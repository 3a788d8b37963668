"""The model that is shipped: it loads as any other, is small, and draws what it is asked for."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from worker.training.export import MODEL_DIR, draw, load_pipeline

pytestmark = pytest.mark.torch
STEPS = 10


@pytest.fixture(scope="module")
def pipeline() -> Any:
    return load_pipeline()


def hue_degrees(picture: Image.Image) -> float:
    """The mean direction of hue on the colour circle, weighed by chroma."""
    rgb = np.asarray(picture, dtype=np.float64).reshape(-1, 3) / 255
    across = rgb[:, 0] - 0.5 * (rgb[:, 1] + rgb[:, 2])
    up = np.sqrt(3) / 2 * (rgb[:, 1] - rgb[:, 2])
    return float(np.rad2deg(np.arctan2(up.sum(), across.sum())) % 360)


def test_the_folder_is_under_20_mb_and_says_what_it_is() -> None:
    files = [path for path in MODEL_DIR.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 20_000_000
    assert {"README.md", "LICENSE-glyphs.txt", "horde.json", "model_index.json"} <= {path.name for path in files}
    horde = json.loads((MODEL_DIR / "horde.json").read_text(encoding="utf-8"))
    assert horde["name"] == "tiny-glyphs"
    assert (horde["native_px"], horde["px_max"], horde["baseline"]) == (64, 1024, "tiny")
    assert "SIL OPEN FONT LICENSE" in (MODEL_DIR / "LICENSE-glyphs.txt").read_text(encoding="utf-8")


def test_it_is_a_plain_pipeline_in_half_precision() -> None:
    index = json.loads((MODEL_DIR / "model_index.json").read_text(encoding="utf-8"))
    assert index["_class_name"] == "StableDiffusionPipeline"
    assert index["safety_checker"] == [None, None]
    weights = list(MODEL_DIR.rglob("*.safetensors"))
    assert len(weights) == 3
    for path in weights:
        head = path.read_bytes()[8:4000]
        assert b'"F16"' in head
        assert b'"F32"' not in head


def test_a_red_heart_is_red_and_a_blue_heart_is_blue(pipeline: Any) -> None:
    red, blue = draw(pipeline, ["a red heart", "a blue heart"], [3, 3], steps=STEPS)
    assert red.size == (64, 64)
    assert min(hue_degrees(red), 360 - hue_degrees(red)) < 25
    assert 190 < hue_degrees(blue) < 260


def test_a_colour_word_colours_what_has_another_colour(pipeline: Any) -> None:
    (frog,) = draw(pipeline, ["a purple frog"], [5], steps=STEPS)
    assert 240 < hue_degrees(frog) < 320


def test_the_same_seed_repeats_and_another_differs(pipeline: Any) -> None:
    first, again, other = draw(pipeline, ["a rocket"] * 3, [7, 7, 8], steps=STEPS)
    alone = draw(pipeline, ["a rocket"], [7], steps=STEPS)[0]
    first_px, again_px, other_px, alone_px = (np.asarray(image, dtype=int) for image in (first, again, other, alone))
    assert np.abs(first_px - again_px).max() <= 1
    assert np.abs(first_px - alone_px).max() <= 2
    assert np.abs(first_px - other_px).mean() > 2
