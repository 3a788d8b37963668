"""What the training draws, and the yardstick that the score measures with."""

from __future__ import annotations

import numpy as np
import pytest

from worker.training.benchmark import DISTANCE_LEAST, distances, draw_names, load_benchmark, neighbour_distances
from worker.training.data import load_sprite
from worker.training.pictures import Mixture, Painter, Picture, Placed, Variety, recolour
from worker.training.vocabulary import COLOURS, glyph_index, load_glyphs

pytestmark = pytest.mark.torch
GLYPHS = load_glyphs()
PAINTER = Painter(load_sprite())


def test_every_name_has_a_picture() -> None:
    sprite = load_sprite()
    assert sprite.shape == (len(GLYPHS), 64, 64, 4)
    assert (sprite[..., 3].reshape(len(GLYPHS), -1).max(axis=1) == 255).all()


def test_mirrored_is_the_mirror_image() -> None:
    rocket = glyph_index("rocket")
    pictures = PAINTER.draw([Picture(things=(Placed(glyph=rocket, mirrored=flip),)) for flip in (False, True)])
    assert float((pictures[0] - pictures[1].flip(-1)).abs().max()) < 0.02
    assert float((pictures[0] - pictures[1]).abs().mean()) > 0.05


@pytest.mark.parametrize(("colour", "channel"), [("red", 0), ("green", 1), ("blue", 2)])
def test_a_recoloured_car_has_the_colour(colour: str, channel: int) -> None:
    picture = recolour(load_sprite()[glyph_index("car")], colour)
    ink = picture[..., :3][picture[..., 3] > 0].astype(float).mean(axis=0)
    assert int(ink.argmax()) == channel
    assert COLOURS.index(colour) >= 0


def test_two_things_stand_left_and_right() -> None:
    pair = Variety(GLYPHS, np.random.default_rng(1)).pair(glyph_index("cat"), glyph_index("rocket"))
    assert [thing.x < 0 for thing in pair.things] == [True, False]
    drawn = PAINTER.draw([pair])[0]
    assert float(drawn[:, :, :32].min()) < 0
    assert float(drawn[:, :, 32:].min()) < 0


def test_varied_pictures_are_nearest_to_their_own_glyph() -> None:
    apart = neighbour_distances()
    rng = np.random.default_rng(2)
    chosen = [int(i) for i in rng.choice(len(GLYPHS), 60, replace=False) if apart[i] >= DISTANCE_LEAST]
    variety = Variety(GLYPHS, rng, Mixture(coloured=0, pairs=0, reference=0))
    nearest = distances(PAINTER.draw([variety.picture(index) for index in chosen])).argmin(dim=1)
    right = sum(int(found) == index for found, index in zip(nearest, chosen, strict=True))
    assert right / len(chosen) > 0.95


def test_the_names_are_those_of_the_fixed_seed() -> None:
    assert tuple(draw_names()) == load_benchmark().names
