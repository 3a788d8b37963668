"""What the training says about its pictures: names, captions and the fixed questions."""

from __future__ import annotations

import re

import numpy as np
import pytest

from worker.training.benchmark import DISTANCE_LEAST, NAMES_COUNT, load_benchmark
from worker.training.captions import Captioner, load_fillers, plural
from worker.training.pictures import Picture, Placed, Variety
from worker.training.vocabulary import COLOURS, colour_choices, glyph_index, load_glyphs, plain

GLYPHS = load_glyphs()


def test_at_least_600_names_with_keywords() -> None:
    assert len(GLYPHS) >= 600
    assert len({glyph.name for glyph in GLYPHS}) == len(GLYPHS)
    assert len({glyph.char for glyph in GLYPHS}) == len(GLYPHS)
    assert sum(len(glyph.also) + len(glyph.keywords) for glyph in GLYPHS) >= 1000


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("dog", "dog face"),
        ("car", "automobile"),
        ("heart", "red heart"),
        ("tree", "deciduous tree"),
        ("pizza", "pizza"),
    ],
)
def test_everyday_words_have_one_owner(word: str, name: str) -> None:
    assert GLYPHS[glyph_index(word)].name == name


def test_no_keyword_is_another_glyphs_name() -> None:
    owners = {name: glyph.name for glyph in GLYPHS for name in glyph.names}
    for glyph in GLYPHS:
        for word in glyph.keywords:
            assert owners.get(plain(word), glyph.name) == glyph.name


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError):
        glyph_index("quantum dishwasher")


def test_hearts_keep_their_own_colours_and_apples_take_others() -> None:
    choices = colour_choices(GLYPHS)
    blue = 1 + COLOURS.index("blue")
    assert blue not in choices[glyph_index("red heart")]
    assert choices[glyph_index("blue heart")] == ()
    assert blue in choices[glyph_index("red apple")]
    assert 1 + COLOURS.index("green") not in choices[glyph_index("red apple")]


def test_captions_are_never_empty_and_hardly_ever_repeat() -> None:
    rng = np.random.default_rng(5)
    captioner, variety = Captioner(GLYPHS, rng), Variety(GLYPHS, rng)
    captions = [captioner.caption(variety.picture()) for _ in range(2000)]
    assert all(re.search("[a-zA-Z]", caption) for caption in captions)
    assert len(set(captions)) > 1900


def test_a_colour_is_said_and_both_things_are_named() -> None:
    captioner = Captioner(GLYPHS, np.random.default_rng(6))
    car, cat = glyph_index("car"), glyph_index("cat")
    for _ in range(50):
        coloured = captioner.caption(Picture(things=(Placed(glyph=car, colour=1 + COLOURS.index("blue")),))).lower()
        assert "blue" in coloured or "leu" in coloured or "bue" in coloured
        both = captioner.caption(Picture(things=(Placed(glyph=cat), Placed(glyph=car))))
        assert len(both.split()) >= 3


def test_words_that_name_nothing_name_nothing() -> None:
    fillers = load_fillers()
    names = {name for glyph in GLYPHS for name in glyph.names}
    assert not names & set(fillers.words)
    assert not names & set(fillers.adjectives)


def test_plurals() -> None:
    assert [plural(word) for word in ("cat", "cherry", "fox", "peach", "glasses", "toy")] == [
        "cats", "cherries", "foxes", "peaches", "glasses", "toys",
    ]  # fmt: skip


def test_the_questions_fit_the_set() -> None:
    benchmark = load_benchmark()
    assert len(benchmark.names) == NAMES_COUNT == len(set(benchmark.names))
    assert len(benchmark.wordings) == 100 == len({text for text, _ in benchmark.wordings})
    for name in (*benchmark.names, *(name for _, name in benchmark.wordings)):
        assert GLYPHS[glyph_index(name)].name == name
    assert DISTANCE_LEAST > 0


def test_free_wordings_use_no_phrase_of_the_training() -> None:
    fillers = load_fillers()
    for text, _ in load_benchmark().wordings:
        words = re.sub(r"[^a-z0-9' ]", "", text.lower())
        assert not [phrase for phrase in fillers.openings if " " in phrase and words.startswith(phrase + " ")], text
        assert not [phrase for phrase in fillers.endings if words.endswith(" " + phrase)], text
