"""Draws the contact sheet of the embedded model's styles: one row a style, the same things and seeds in every row.

`python -m tests.style_sheet OUT.png [--model DIR] [--styles DIR]` goes through the style renderer and the worker's own
pipeline, sizes included, and prints for each style how far it is from the style most like it (mean difference of the
pixels as they stand on the sheet, 0 to 255, so size and shape count).
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

from bots.styles import StyleBook, draft_of, load_book
from core.domain.styles import NEGATIVE_MARK, Overrides, Style
from worker.jobs import Wanted
from worker.picture import enlarged
from worker.pipeline.painter import Painter
from worker.pipeline.sizes import sizes_for
from worker.settings.read import read_settings

ROOT = Path(__file__).parents[1]
THINGS = (("a red heart", 1), ("cat face", 2), ("a pizza", 3), ("rocket", 4))
CELL_PX, GAP_PX, LABEL_PX = 132, 8, 236
BYTES_MAX = 400_000


def main(argv: Sequence[str]) -> int:
    """The sheet is written; returns 1 if it is larger than it may be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", default=str(ROOT / "worker" / "models" / "tiny-glyphs"))
    parser.add_argument("--styles", type=Path, default=ROOT / "config" / "data" / "styles")
    asked = parser.parse_args(argv)
    book = load_book(asked.styles)
    [entry] = read_settings(["--key", "none", "--model", asked.model], {}).models
    painter = Painter(entry, device="cpu", dtype="auto")
    rows = {name: _row(painter, book, style) for name, style in book.styles.items()}
    for name, (like, distance) in _likest(rows).items():
        sys.stdout.write(f"{name:10} differs by {distance:5.1f} from {like}, the most like it\n")
    sheet = _sheet(book, rows)
    sheet.quantize(240, dither=Image.Dither.NONE).save(asked.out, optimize=True)
    size_bytes = asked.out.stat().st_size
    sys.stdout.write(f"{asked.out}: {sheet.width}x{sheet.height}, {size_bytes / 1_000:.0f} kB\n")
    return int(size_bytes > BYTES_MAX)


def _row(painter: Painter, book: StyleBook, style: Style) -> list[Image.Image]:
    pictures = []
    for thing, seed in THINGS:
        draft = draft_of(book, style, prompt=thing, negative="", overrides=Overrides(seed=seed), chance=seed)
        image = draft.image
        prompt, _, negative = draft.prompt.partition(NEGATIVE_MARK)
        wanted = Wanted(
            prompt=prompt.strip(),
            negative=negative.strip(),
            width_px=image.width_px,
            height_px=image.height_px,
            steps=image.steps,
            cfg_scale=image.cfg_scale,
            sampler=image.sampler,
            karras=image.karras,
            clip_skip=image.clip_skip or 1,
            tiling=image.tiling,
            seed=seed,
        )
        sizes = sizes_for(painter.entry, width_px=wanted.width_px, height_px=wanted.height_px)
        pictures.append(enlarged(painter.draw(wanted, sizes, lambda _step: None), sizes).convert("RGB"))
    return pictures


def _likest(rows: dict[str, list[Image.Image]]) -> dict[str, tuple[str, float]]:
    """Returns for each style the one most like it, and how far that is."""
    largest_px = max(max(picture.size) for pictures in rows.values() for picture in pictures)
    small = {name: [_fitted(picture, 96, largest_px) for picture in pictures] for name, pictures in rows.items()}
    return {
        name: min(
            ((other, _distance(mine, theirs)) for other, theirs in small.items() if other != name),
            key=lambda one: one[1],
        )
        for name, mine in small.items()
    }


def _distance(some: list[Image.Image], others: list[Image.Image]) -> float:
    differences = [
        sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3 for one, other in zip(some, others, strict=True)
    ]
    return sum(differences) / len(differences)


def _fitted(picture: Image.Image, side_px: int, largest_px: int) -> Image.Image:
    """Returns the picture in a square, in proportion to the largest side of all."""
    scale = side_px / largest_px
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    square = Image.new("RGB", (side_px, side_px), (196, 196, 204))
    square.paste(picture.resize(size, Image.Resampling.LANCZOS), ((side_px - size[0]) // 2, (side_px - size[1]) // 2))
    return square


def _sheet(book: StyleBook, rows: dict[str, list[Image.Image]]) -> Image.Image:
    """Returns all rows on one sheet, each picture in its proportion to the others."""
    largest_px = max(max(picture.size) for pictures in rows.values() for picture in pictures)
    step_px = CELL_PX + GAP_PX
    sheet = Image.new("RGB", (LABEL_PX + len(THINGS) * step_px, 28 + len(rows) * step_px), (232, 232, 238))
    draw = ImageDraw.Draw(sheet)
    plain, small = ImageFont.load_default(15), ImageFont.load_default(11)
    for column, (thing, seed) in enumerate(THINGS):
        draw.text((LABEL_PX + column * step_px, 8), f"{thing}, seed {seed}", fill=(40, 40, 52), font=small)
    for line, (name, pictures) in enumerate(rows.items()):
        top = 28 + line * step_px
        draw.text((GAP_PX, top + 40), name, fill=(20, 20, 30), font=plain)
        draw.text((GAP_PX, top + 62), _folded(book.styles[name].note), fill=(70, 70, 84), font=small)
        for column, picture in enumerate(pictures):
            cell = _fitted(picture, CELL_PX, largest_px)
            sheet.paste(cell, (LABEL_PX + column * step_px, top))
    return sheet


def _folded(note: str, width: int = 36) -> str:
    lines = [""]
    for word in note.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
