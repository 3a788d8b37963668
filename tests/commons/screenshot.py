"""Makes the README's picture of the page: `python -m tests.commons.screenshot [FILE]`, with the embedded model.

Starts the real suite on a fresh data folder, asks for pictures, and photographs the page on a desk and on a phone.
Nothing in the picture is made for it: what the horde drew is what is seen.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image

from tests.commons.browser import ROOT, page_of, suite

FILE = ROOT / "core" / "web" / "screenshot.png"
MODEL = ROOT / "worker" / "models" / "tiny-glyphs"
ASKED = ("an owl", "a blue apple", "a rocket", "a red heart")
PICTURE_MS = 120_000
BYTES_MAX = 300_000
COLOURS = 256


async def ask(address: str) -> None:
    """The pictures are on the timeline, one of them with a vote."""
    for words in ASKED:
        async with page_of(address) as page:
            await page.goto(address)
            await page.fill("#text", f"@horde draw for me {words}")
            await page.keyboard.press("Control+Enter")
            await page.locator("[data-thread]:first-child .reply img").wait_for(timeout=PICTURE_MS)
            await page.locator("[data-thread]:first-child .vote.up").click()


async def shoot(
    address: str, *, path: str, scheme: Literal["light", "dark"], width_px: int, height_px: int
) -> Image.Image:
    """The page as it is seen there."""
    async with page_of(address, scheme=scheme, width_px=width_px, height_px=height_px) as page:
        await page.goto(f"{address}{path}")
        await page.wait_for_timeout(1_000)
        return Image.open(io.BytesIO(await page.screenshot())).convert("RGB")


async def photograph(address: str) -> Image.Image:
    """Desk and phone side by side, by day and by night."""
    await ask(address)
    desk = await shoot(address, path="/", scheme="light", width_px=1280, height_px=1000)
    phone = await shoot(address, path="/showcase", scheme="dark", width_px=390, height_px=1000)
    both = Image.new("RGB", (desk.width + phone.width, desk.height))
    both.paste(desk, (0, 0))
    both.paste(phone, (desk.width, 0))
    return both


def main() -> int:
    """Writes the file; returns 1 if it became too large for a repository."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    with tempfile.TemporaryDirectory() as folder, suite(Path(folder), MODEL) as address:
        picture = asyncio.run(photograph(address))
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    size = file.stat().st_size
    print(f"{file}: {picture.width} x {picture.height} px, {size} bytes (at most {BYTES_MAX})")
    return int(size > BYTES_MAX)


if __name__ == "__main__":
    sys.exit(main())
