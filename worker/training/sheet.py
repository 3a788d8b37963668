"""Draws a labelled sheet of pictures, so that people see at a glance what the model can and cannot do."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from diffusers import StableDiffusionPipeline
from PIL import Image, ImageDraw, ImageFont

from worker.training.export import NATIVE_PX, draw

_SEEDS: Final = (1, 2, 3)
_COLUMNS: Final = 4
_MARGIN_PX: Final = 10
_LABEL_PX: Final = 18
_INK: Final = (40, 42, 54)

NAMES: Final = (
    "a red heart", "pizza", "rocket", "cat", "dog", "penguin", "a red apple", "guitar",
    "house", "sunflower", "octopus", "bicycle", "hamburger", "robot", "owl", "castle",
    "strawberry", "butterfly", "teapot", "airplane",
)  # fmt: skip
WORDINGS: Final = (
    "draw me a small frog in the rain", "a photo of a car, golden hour", "KITTY!!", "yacht",
    "watercolor painting of a mushroom", "I want a birthday cake please", "pixel art, dragon", "a UFO over the fields",
)  # fmt: skip
COLOURS: Final = (
    "a blue apple", "a green cat", "a purple car", "a pink elephant", "a black rose", "an orange fish",
    "a yellow house", "a red frog",
)  # fmt: skip
PAIRS: Final = (
    "a cat next to a rocket", "a dog beside a tree", "a banana and a pizza", "a robot next to a sunflower",
    "a heart and a star", "an owl beside a castle", "a penguin with a guitar", "a car next to a house",
)  # fmt: skip


def write_sheet(pipeline: StableDiffusionPipeline, path: Path) -> None:
    """Writes the sheet as a small PNG: four sections, three seeds a prompt."""
    sections = (("names", NAMES), ("free wordings", WORDINGS), ("colours as words", COLOURS), ("two things", PAIRS))
    cell_width = len(_SEEDS) * NATIVE_PX + 2 * _MARGIN_PX
    cell_height = NATIVE_PX + _LABEL_PX + _MARGIN_PX
    heading_px = 34
    rows = sum(-(-len(prompts) // _COLUMNS) for _, prompts in sections)
    size = (_COLUMNS * cell_width + _MARGIN_PX, rows * cell_height + len(sections) * heading_px + _MARGIN_PX)
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet)
    label, heading = ImageFont.load_default(11), ImageFont.load_default(17)
    top = _MARGIN_PX // 2
    for title, prompts in sections:
        pen.text((_MARGIN_PX, top + 6), title, fill=_INK, font=heading)
        pen.line((_MARGIN_PX, top + heading_px - 5, size[0] - _MARGIN_PX, top + heading_px - 5), fill=(210, 212, 220))
        top += heading_px
        pictures = draw(pipeline, [text for text in prompts for _ in _SEEDS], list(_SEEDS) * len(prompts))
        for place, prompt in enumerate(prompts):
            row, column = divmod(place, _COLUMNS)
            left, upper = _MARGIN_PX + column * cell_width, top + row * cell_height
            for seed_place in range(len(_SEEDS)):
                picture = pictures[place * len(_SEEDS) + seed_place]
                sheet.paste(picture, (left + seed_place * NATIVE_PX, upper))
            pen.text((left + 2, upper + NATIVE_PX + 2), prompt, fill=_INK, font=label)
        top += -(-len(prompts) // _COLUMNS) * cell_height
    sheet.quantize(255, method=Image.Quantize.MEDIANCUT, kmeans=3, dither=Image.Dither.NONE).save(path, optimize=True)
