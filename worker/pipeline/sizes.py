"""At which size a picture is made, when it is asked larger than its model makes well."""

import math
from dataclasses import dataclass

from worker.settings.keys import ModelEntry

GRID_PX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The size that was asked and the size that the pipeline makes, both in px."""

    asked_width_px: int
    asked_height_px: int
    made_width_px: int
    made_height_px: int

    @property
    def is_enlarged(self) -> bool:
        """Whether the made picture has to grow to become the asked one."""
        return (self.asked_width_px, self.asked_height_px) != (self.made_width_px, self.made_height_px)

    @property
    def made_megapixels(self) -> float:
        """How much the pipeline makes, in millions of pixels."""
        return self.made_width_px * self.made_height_px / 1e6

    @property
    def note(self) -> str | None:
        """The sentence for the metadata, None if the picture is as it was made."""
        if not self.is_enlarged:
            return None
        made = f"{self.made_width_px}x{self.made_height_px}"
        return f"made at {made}, enlarged to {self.asked_width_px}x{self.asked_height_px}"

    def crop_box(self) -> tuple[float, float, float, float]:
        """The centred part of the made picture that has exactly the asked proportions (left, top, right, bottom)."""
        scale = min(self.made_width_px / self.asked_width_px, self.made_height_px / self.asked_height_px)
        width, height = self.asked_width_px * scale, self.asked_height_px * scale
        left, top = (self.made_width_px - width) / 2, (self.made_height_px - height) / 2
        return (left, top, left + width, top + height)


def sizes_for(entry: ModelEntry, *, width_px: int, height_px: int) -> Sizes:
    """The sizes for a picture asked at `width_px` x `height_px`.

    Up to `direct_px` squared it is made as asked. Above, it is made with about the area of `native_px` squared and the
    asked proportions, as far as multiples of 8 px allow.
    """
    made_width_px, made_height_px = width_px, height_px
    if width_px * height_px > entry.direct_px**2:
        scale = entry.native_px / math.sqrt(width_px * height_px)
        made_width_px, made_height_px = _on_grid(width_px * scale), _on_grid(height_px * scale)
    return Sizes(
        asked_width_px=width_px,
        asked_height_px=height_px,
        made_width_px=made_width_px,
        made_height_px=made_height_px,
    )


def _on_grid(px: float) -> int:
    return max(GRID_PX, round(px / GRID_PX) * GRID_PX)
