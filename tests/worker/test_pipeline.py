"""The drawing side with a tiny random model: samplers, clip skip, tiling, memory, other models' rules."""

from pathlib import Path

import pytest

from worker.errors import JobCancelledError
from worker.jobs import Wanted
from worker.pipeline.painter import Painter
from worker.pipeline.samplers import SAMPLERS, known_sampler
from worker.pipeline.sizes import Sizes, sizes_for
from worker.settings.entries import complete
from worker.settings.keys import ModelCard

# diffusers 0.42.1 calls numpy 2 in ways that numpy will drop.
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:__array:DeprecationWarning")]
SMALL = Sizes(asked_width_px=64, asked_height_px=64, made_width_px=64, made_height_px=64)


def wanted(**changed: object) -> Wanted:
    fields: dict[str, object] = {
        "prompt": "a red heart", "negative": "", "width_px": 64, "height_px": 64, "steps": 4, "cfg_scale": 5.0,
        "sampler": "k_euler", "karras": False, "clip_skip": 1, "tiling": False, "seed": 3,
    }  # fmt: skip
    return Wanted(**(fields | changed))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def painter(tiny_folder: Path) -> Painter:
    return Painter(complete(ModelCard(model=str(tiny_folder))), device="cpu", dtype="auto")


def draw(painter: Painter, **changed: object) -> bytes:
    return painter.draw(wanted(**changed), SMALL, lambda _step: None).tobytes()


@pytest.mark.parametrize("sampler", sorted(SAMPLERS))
def test_every_sampler_draws_and_repeats_itself(painter: Painter, sampler: str) -> None:
    steps: list[int] = []
    first = painter.draw(wanted(sampler=sampler, karras=True), SMALL, steps.append)
    assert first.tobytes() == draw(painter, sampler=sampler, karras=True)
    assert steps[-1] == 4
    assert steps == sorted(steps)


def test_words_of_the_horde_that_nobody_knows_become_the_default() -> None:
    assert known_sampler("DDIM") == "ddim"
    assert known_sampler("k_anything") == "k_euler"


def test_what_is_asked_changes_the_picture(painter: Painter) -> None:
    plain = draw(painter)
    changes: tuple[dict[str, object], ...] = (
        {"prompt": "a blue car"},
        {"negative": "blurry"},
        {"seed": 4},
        {"steps": 8},
        {"cfg_scale": 9.0},
        {"clip_skip": 2},
        {"tiling": True},
    )
    for change in changes:
        assert draw(painter, **change) != plain, change
    assert draw(painter) == plain


def test_raising_in_a_step_stops_there_and_the_model_stays_usable(painter: Painter) -> None:
    plain = draw(painter)

    def stop_at_two(step: int) -> None:
        if step == 2:
            raise JobCancelledError("enough")

    with pytest.raises(JobCancelledError):
        painter.draw(wanted(), SMALL, stop_at_two)
    assert draw(painter) == plain


def test_out_of_memory_is_tried_once_more_in_the_thrifty_way(tiny_folder: Path) -> None:
    painter = Painter(complete(ModelCard(model=str(tiny_folder))), device="cpu", dtype="auto")
    calls: list[int] = []

    def scarce(step: int) -> None:
        calls.append(step)
        if len(calls) == 2:
            raise MemoryError("the card is full")

    image = painter.draw(wanted(), SMALL, scarce)
    assert image.size == (64, 64)
    assert calls == [1, 2, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ((64, 64), (64, 64)),
        ((512, 512), (64, 64)),
        ((512, 256), (88, 48)),
        ((64, 1024), (16, 256)),
        ((3072, 64), (440, 8)),
    ],
)
def test_sizes_above_the_native_one_keep_their_proportions(
    tiny_folder: Path, asked: tuple[int, int], made: tuple[int, int]
) -> None:
    entry = complete(ModelCard(model=str(tiny_folder)))
    assert entry.native_px == 64
    sizes = sizes_for(entry, width_px=asked[0], height_px=asked[1])
    assert (sizes.made_width_px, sizes.made_height_px) == made
    left, top, right, bottom = sizes.crop_box()
    assert (right - left) / (bottom - top) == pytest.approx(asked[0] / asked[1])
