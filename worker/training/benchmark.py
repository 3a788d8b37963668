"""Holds the score's yardstick: the nearest glyph of a picture, and the questions fixed before the training."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from worker.training.data import load_sprite
from worker.training.pictures import Painter, Picture, Placed
from worker.training.report import say
from worker.training.vocabulary import glyph_index, load_glyphs

BENCHMARK_PATH: Final = Path(__file__).with_name("benchmark.json")
NAMES_COUNT: Final = 100
NAMES_SEED: Final = 20261122
DISTANCE_LEAST: Final = 0.08
"""Root mean square of blurred pixels in 0 to 1; a glyph nearer than this to another one is not asked for by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """The questions of the score.

    Attributes:
        names: official names, asked as they are.
        wordings: free wordings and the official name of the glyph that each asks for.
    """

    names: tuple[str, ...]
    wordings: tuple[tuple[str, str], ...]


@lru_cache(maxsize=1)
def load_benchmark() -> Benchmark:
    """The committed questions."""
    with BENCHMARK_PATH.open(encoding="utf-8") as file:
        stored = json.load(file)
    return Benchmark(names=tuple(stored["names"]), wordings=tuple((text, name) for text, name in stored["wordings"]))


def blurred(pictures: Tensor) -> Tensor:
    """What the yardstick sees: means of 4x4 pixels in 0 to 1, shape (n, 768), from pictures in -1 to 1."""
    return (functional.avg_pool2d(pictures.float(), 4) / 2 + 0.5).flatten(1)


@lru_cache(maxsize=1)
def references() -> Tensor:
    """The blurred glyphs as they are and mirrored: shape (2, n, 768)."""
    painter = Painter(load_sprite())
    count = len(load_glyphs())
    sides = [
        blurred(painter.draw([Picture(things=(Placed(glyph=index, mirrored=flip),)) for index in range(count)]))
        for flip in (False, True)
    ]
    return torch.stack(sides)


def distances(pictures: Tensor) -> Tensor:
    """Root mean square distance of each picture to each glyph, the nearer of plain and mirrored: shape (n, glyphs)."""
    seen = blurred(pictures)
    plain_side, mirrored_side = (torch.cdist(seen, side) / seen.shape[1] ** 0.5 for side in references())
    return torch.minimum(plain_side, mirrored_side)


def neighbour_distances() -> Tensor:
    """How far each glyph is from its nearest neighbour in the set: shape (n,)."""
    plain_side, mirrored_side = references()
    apart = torch.minimum(torch.cdist(plain_side, plain_side), torch.cdist(plain_side, mirrored_side))
    apart.fill_diagonal_(float("inf"))
    nearest: Tensor = apart.min(dim=1).values / plain_side.shape[1] ** 0.5
    return nearest


def draw_names() -> list[str]:
    """The 100 names that the fixed seed draws from the glyphs that differ enough."""
    glyphs = load_glyphs()
    apart = neighbour_distances()
    eligible = [
        glyph.name for glyph, distance in zip(glyphs, apart.tolist(), strict=True) if distance >= DISTANCE_LEAST
    ]
    rng = np.random.default_rng(NAMES_SEED)
    return sorted(rng.choice(eligible, NAMES_COUNT, replace=False).tolist())


def write_benchmark(wordings: list[tuple[str, str]]) -> None:
    """Fixes names, distance and wordings; only ever run before a final training.

    Raises:
        KeyError: a wording asks for something outside the set.
    """
    for _, name in wordings:
        glyph_index(name)
    stored = {
        "_about": "Fixed before the final training and never tuned on. Wordings: the text and the glyph it asks for.",
        "distance_least": DISTANCE_LEAST,
        "names_seed": NAMES_SEED,
        "names": draw_names(),
        "wordings": wordings,
    }
    BENCHMARK_PATH.write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Draws the names anew and keeps the wordings (`python -m worker.training.benchmark`)."""
    argparse.ArgumentParser(description=main.__doc__).parse_args()
    write_benchmark(list(load_benchmark().wordings))
    apart = neighbour_distances()
    say(f"{int((apart >= DISTANCE_LEAST).sum())} of {len(apart)} glyphs differ enough; {NAMES_COUNT} drawn")


if __name__ == "__main__":
    main()
