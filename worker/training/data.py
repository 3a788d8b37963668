"""Reads the glyph pictures from the font once, and ships them as one sprite so that nobody else needs the font."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.training.report import say
from worker.training.vocabulary import Glyph, load_glyphs

SPRITE_PATH: Final = Path(__file__).with_name("glyphs.png")
DEBIAN_FONT: Final = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
GLYPH_PX: Final = 64
SPRITE_COLUMNS: Final = 26


def read_font(font_path: Path, glyphs: tuple[Glyph, ...]) -> NDArray[np.uint8]:
    """The strikes of the glyphs: uint8, shape (n, 64, 64, 4), RGBA, straight alpha, centred on a square.

    Raises:
        KeyError: the font has no picture for one of the glyphs.
    """
    from fontTools.ttLib import TTFont  # only the maker of the sprite needs it

    font: Any = TTFont(str(font_path), lazy=True)
    code_points = font.getBestCmap()
    strikes = font["CBDT"].strikeData[0]
    pictures = []
    for glyph in glyphs:
        strike = Image.open(io.BytesIO(strikes[code_points[ord(glyph.char)]].imageData)).convert("RGBA")
        side_px = max(strike.size)
        square = Image.new("RGBA", (side_px, side_px))
        square.paste(strike, ((side_px - strike.width) // 2, (side_px - strike.height) // 2))
        small = square.convert("RGBa").resize((GLYPH_PX, GLYPH_PX), Image.Resampling.LANCZOS)
        pictures.append(np.asarray(small.convert("RGBA"), dtype=np.uint8))
    return np.stack(pictures)


def write_sprite(pictures: NDArray[np.uint8], path: Path = SPRITE_PATH) -> None:
    """One PNG with all glyphs row by row, 26 a row."""
    rows = -(-len(pictures) // SPRITE_COLUMNS)
    sheet = np.zeros((rows * GLYPH_PX, SPRITE_COLUMNS * GLYPH_PX, 4), dtype=np.uint8)
    for index, picture in enumerate(pictures):
        top, left = divmod(index, SPRITE_COLUMNS)
        sheet[top * GLYPH_PX : (top + 1) * GLYPH_PX, left * GLYPH_PX : (left + 1) * GLYPH_PX] = picture
    Image.fromarray(sheet, "RGBA").save(path, optimize=True)


def load_sprite(path: Path = SPRITE_PATH) -> NDArray[np.uint8]:
    """The glyph pictures in the order of `load_glyphs`: uint8, shape (n, 64, 64, 4), RGBA, straight alpha.

    Raises:
        ValueError: the sprite is too small for the names.
    """
    with Image.open(path) as image:
        sheet = np.asarray(image.convert("RGBA"), dtype=np.uint8)
    count = len(load_glyphs())
    cells = sheet.reshape(sheet.shape[0] // GLYPH_PX, GLYPH_PX, SPRITE_COLUMNS, GLYPH_PX, 4).swapaxes(1, 2)
    pictures: NDArray[np.uint8] = cells.reshape(-1, GLYPH_PX, GLYPH_PX, 4)
    if len(pictures) < count:
        message = f"{path.name} holds {len(pictures)} pictures, {count} names need one each"
        raise ValueError(message)
    return np.ascontiguousarray(pictures[:count])


def main() -> None:
    """Writes the sprite anew from the font (`python -m worker.training.data --font PATH`)."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--font", type=Path, default=DEBIAN_FONT, help="NotoColorEmoji.ttf with CBDT strikes")
    arguments = parser.parse_args()
    glyphs = load_glyphs()
    write_sprite(read_font(arguments.font, glyphs))
    say(f"{len(glyphs)} glyphs written to {SPRITE_PATH.name} ({SPRITE_PATH.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
