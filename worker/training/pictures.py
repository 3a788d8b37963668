"""Draws the varied training pictures from the glyphs: mirrored, moved, turned, recoloured and two on one canvas."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from worker.training.data import GLYPH_PX
from worker.training.vocabulary import COLOURS, Glyph, colour_choices

WHITE: Final = (1.0, 1.0, 1.0)
REFERENCE_SCALE: Final = 0.94
"""The share of the canvas that a glyph takes in the mean; the score compares with glyphs of this size."""

_HUES: Final = {
    "red": 0.0,
    "orange": 28.0,
    "yellow": 50.0,
    "green": 120.0,
    "blue": 218.0,
    "purple": 278.0,
    "pink": 335.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One glyph on a canvas.

    Attributes:
        glyph: its place in the set.
        colour: 0 for its own colours, else 1 + the place in `COLOURS`.
        mirrored: flipped left to right.
        scale: side of the glyph over the side of the canvas.
        x: centre from the middle of the canvas, in half canvases, to the right.
        y: the same, downwards.
        angle: turn in radians.
    """

    glyph: int
    colour: int = 0
    mirrored: bool = False
    scale: float = REFERENCE_SCALE
    x: float = 0.0
    y: float = 0.0
    angle: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One or two placed glyphs on a plain background; `background` is RGB in 0 to 1."""

    things: tuple[Placed, ...]
    background: tuple[float, float, float] = WHITE


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """How often each kind of picture is drawn; what is left over is a varied glyph in its own colours."""

    coloured: float = 0.16
    pairs: float = 0.10
    reference: float = 0.15


def recolour(picture: NDArray[np.uint8], colour: str) -> NDArray[np.uint8]:
    """A copy whose main colour is the asked one, with shading kept.

    Pixels within 50 degrees of the glyph's dominant hue are turned to the asked hue; a glyph with little colour of its
    own is tinted as a whole.

    Args:
        picture: uint8, shape (h, w, 4), RGBA.
        colour: one of `COLOURS`.
    """
    rgb = (picture[..., :3] / 255).astype(np.float32)
    value, low = rgb.max(-1), rgb.min(-1)
    chroma = value - low
    saturation = chroma / np.maximum(value, 1e-4)
    hue = _hue_degrees(rgb, value, chroma)
    weight = chroma * (picture[..., 3] / 255.0)
    share = weight.sum() / max(float((picture[..., 3] / 255.0).sum()), 1.0)
    if share < 0.16:
        inside = np.ones_like(value)
        saturation = np.maximum(saturation, 0.25 + 0.5 * (1 - np.abs(2 * value - 1)))
        offset = np.zeros_like(hue)
    else:
        radians = np.deg2rad(_dominant_hue(hue, weight))
        offset = (hue - np.rad2deg(radians) + 180) % 360 - 180
        inside = np.clip((62 - np.abs(offset)) / 14, 0, 1) * np.clip(saturation / 0.12, 0, 1)
    turned = _paint(colour, saturation, value, offset)
    mixed = rgb + inside[..., None] * (turned - rgb)
    return np.concatenate([(np.clip(mixed, 0, 1) * 255).round().astype(np.uint8), picture[..., 3:]], axis=-1)


def _hue_degrees(
    rgb: NDArray[np.float32], value: NDArray[np.float32], chroma: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Hue of each pixel in degrees, 0 for greys."""
    safe = np.maximum(chroma, 1e-4)
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    sector = np.where(
        value == red, (green - blue) / safe, np.where(value == green, 2 + (blue - red) / safe, 4 + (red - green) / safe)
    )
    hue: NDArray[np.float32] = (sector * 60) % 360
    return hue


def _dominant_hue(hue: NDArray[np.float32], weight: NDArray[np.float32]) -> float:
    """The middle of the 15-degree bin that carries most chroma, smoothed over its neighbours."""
    counts, _ = np.histogram(hue, bins=24, range=(0, 360), weights=weight)
    smooth = counts + 0.6 * (np.roll(counts, 1) + np.roll(counts, -1))
    return float(np.argmax(smooth)) * 15 + 7.5


def _paint(
    colour: str, saturation: NDArray[np.float32], value: NDArray[np.float32], offset: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The pixels in the asked colour; hue offsets are kept at 35 % so that shading stays alive."""
    if colour == "black":
        grey = 0.08 + 0.30 * value * (1 - 0.5 * saturation)
        return np.stack([grey, grey, grey * 1.04], axis=-1)
    if colour == "brown":
        hue, saturation, value = 22.0, 0.25 + 0.45 * saturation, 0.15 + 0.48 * value
    elif colour == "pink":
        hue, saturation, value = _HUES["pink"], 0.12 + 0.42 * saturation, 0.35 + 0.65 * value
    else:
        hue, saturation = _HUES[colour], np.clip(0.12 + saturation, 0, 1)
        lift = 0.25 if colour in {"yellow", "orange", "red"} else 0.1
        value = lift + (1 - lift) * value
    turned = (hue + 0.35 * offset) % 360 / 60
    shares = [np.clip(np.abs((turned + shift) % 6 - 3) - 1, 0, 1) for shift in (0, 4, 2)]
    return np.stack([value * (1 - saturation + saturation * share) for share in shares], axis=-1)


class Painter:
    """Draws pictures from the glyph sprite; recoloured glyphs are made when first asked for.

    Args:
        sprite: uint8, shape (n, 64, 64, 4), RGBA.
    """

    def __init__(self, sprite: NDArray[np.uint8]) -> None:
        self._sprite = sprite
        self._textures: dict[tuple[int, int], Tensor] = {}

    def draw(self, pictures: list[Picture]) -> Tensor:
        """The pictures: float32 in -1 to 1, shape (n, 3, 64, 64), RGB."""
        canvas = torch.tensor([picture.background for picture in pictures])[:, :, None, None]
        canvas = canvas.expand(-1, -1, GLYPH_PX, GLYPH_PX).clone()
        for layer in range(max(len(picture.things) for picture in pictures)):
            rows = [row for row, picture in enumerate(pictures) if len(picture.things) > layer]
            placed = [pictures[row].things[layer] for row in rows]
            patches = self._place(placed)
            canvas[rows] = patches[:, :3] + canvas[rows] * (1 - patches[:, 3:])
        return canvas * 2 - 1

    def _place(self, things: list[Placed]) -> Tensor:
        """The glyphs on transparent canvases: premultiplied RGBA in 0 to 1, shape (n, 4, 64, 64)."""
        textures = torch.stack([self._texture(thing.glyph, thing.colour) for thing in things]).float() / 255
        matrices = []
        for thing in things:
            cosine, sine = math.cos(thing.angle) / thing.scale, math.sin(thing.angle) / thing.scale
            flip = -1.0 if thing.mirrored else 1.0
            matrices.append(
                [
                    [flip * cosine, flip * sine, -flip * (cosine * thing.x + sine * thing.y)],
                    [-sine, cosine, sine * thing.x - cosine * thing.y],
                ]
            )
        grid = functional.affine_grid(torch.tensor(matrices), [len(things), 4, GLYPH_PX * 2, GLYPH_PX * 2], False)
        drawn = functional.grid_sample(textures, grid, mode="bilinear", align_corners=False)
        return functional.avg_pool2d(drawn, 2)

    def _texture(self, glyph: int, colour: int) -> Tensor:
        """One glyph, premultiplied: uint8, shape (4, 64, 64)."""
        key = (glyph, colour)
        if key not in self._textures:
            picture = self._sprite[glyph]
            if colour:
                picture = recolour(picture, COLOURS[colour - 1])
            values = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)
            values[:3] *= values[3:] / 255
            self._textures[key] = values.round().to(torch.uint8)
        return self._textures[key]


class Variety:
    """Makes up pictures at random.

    Args:
        glyphs: the set, for what may be mirrored or recoloured.
        rng: the source of every choice.
        mixture: how often each kind comes.
    """

    def __init__(self, glyphs: tuple[Glyph, ...], rng: np.random.Generator, mixture: Mixture | None = None) -> None:
        self._glyphs = glyphs
        self._colours = colour_choices(glyphs)
        self._rng = rng
        self._mixture = mixture or Mixture()

    def picture(self, glyph: int | None = None) -> Picture:
        """A picture of the glyph, or of any glyph."""
        rng = self._rng
        index = int(rng.integers(len(self._glyphs))) if glyph is None else glyph
        kind = rng.random()
        if kind < self._mixture.pairs:
            other = int(rng.integers(len(self._glyphs) - 1))
            return self.pair(index, other + (other >= index))
        if kind < self._mixture.pairs + self._mixture.reference:
            return Picture(things=(Placed(glyph=index),))
        coloured = kind < self._mixture.pairs + self._mixture.reference + self._mixture.coloured
        choices = self._colours[index]
        colour = choices[int(rng.integers(len(choices)))] if coloured and choices else 0
        return Picture(things=(self._varied(index, colour),), background=self._background())

    def pair(self, left: int, right: int) -> Picture:
        """Two glyphs side by side."""
        rng = self._rng
        things = []
        for index, side in ((left, -1.0), (right, 1.0)):
            things.append(
                Placed(
                    glyph=index,
                    mirrored=self._glyphs[index].mirror and rng.random() < 0.3,
                    scale=float(rng.uniform(0.48, 0.54)),
                    x=side * 0.48 + float(rng.uniform(-0.02, 0.02)),
                    y=float(rng.uniform(-0.06, 0.06)),
                )
            )
        return Picture(things=tuple(things))

    def _varied(self, index: int, colour: int) -> Placed:
        rng = self._rng
        return Placed(
            glyph=index,
            colour=colour,
            mirrored=self._glyphs[index].mirror and rng.random() < 0.35,
            scale=float(rng.uniform(0.86, 1.0)),
            x=float(rng.uniform(-0.06, 0.06)),
            y=float(rng.uniform(-0.06, 0.06)),
            angle=math.radians(float(rng.uniform(-7, 7))),
        )

    def _background(self) -> tuple[float, float, float]:
        if self._rng.random() < 0.7:
            return WHITE
        red, green, blue = self._rng.uniform(0.86, 1.0, 3)
        return float(red), float(green), float(blue)
