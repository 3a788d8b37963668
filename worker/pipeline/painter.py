"""One loaded model that draws pictures: the only place that calls a pipeline."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PIL import Image

from worker.errors import ModelUnusableError, PictureBrokenError
from worker.jobs import Wanted
from worker.logs import warn
from worker.pipeline.loading import device_for, dtype_for, load_pipeline
from worker.pipeline.prompts import ClipPrompts
from worker.pipeline.samplers import denoiser_calls, scheduler_for
from worker.pipeline.sdk import Pipe, Timestep
from worker.pipeline.sizes import Sizes
from worker.settings.keys import ModelEntry

if TYPE_CHECKING:
    import numpy

OnStep = Callable[[int], None]
"""Called with the number of finished steps; it may raise to stop the picture at this step boundary."""


class Painter:
    """A model on its device, of `parameters_m` million parameters. Not safe for threads: one thread owns it."""

    def __init__(self, entry: ModelEntry, *, device: str, dtype: str) -> None:
        self.entry = entry
        self.device = device_for(device)
        self._pipe = load_pipeline(entry, device=self.device, dtype=dtype_for(dtype, self.device))
        self._own_scheduler = self._pipe.scheduler
        self._prompts = ClipPrompts(self._pipe) if ClipPrompts.fits(self._pipe) else None
        self._accepted = frozenset(inspect.signature(self._pipe.__call__).parameters)
        self._is_tiling = False
        parts = [part for part in self._pipe.components.values() if hasattr(part, "parameters")]
        self.parameters_m = sum(number.numel() for part in parts for number in part.parameters()) / 1e6
        if "prompt" not in self._accepted:
            raise ModelUnusableError(
                f"model {entry.name}: {type(self._pipe).__name__} makes no pictures from text. "
                "Use a text-to-image model"
            )

    @property
    def kind(self) -> str:
        """The pipeline's class, for the log."""
        return type(self._pipe).__name__

    def draw(self, wanted: Wanted, sizes: Sizes, on_step: OnStep) -> Image.Image:
        """The picture at its made size; the same seed gives the same picture on the same kind of device.

        When memory runs out it is tried once more in the thrifty way (slices and tiles), which stays on.
        """
        import torch

        try:
            return self._draw(wanted, sizes, on_step)
        except (torch.OutOfMemoryError, MemoryError) as exc:
            warn(
                "painter.out_of_memory",
                model=self.entry.name,
                next="once more with slices and tiles",
                cause=str(exc)[:120],
            )
        self._save_memory()
        return self._draw(wanted, sizes, on_step)

    def _draw(self, wanted: Wanted, sizes: Sizes, on_step: OnStep) -> Image.Image:
        import torch

        self._set_tiling(wanted.tiling)
        self._pipe.scheduler = scheduler_for(self._own_scheduler, sampler=wanted.sampler, karras=wanted.karras)
        calls = denoiser_calls(wanted.sampler, wanted.steps)

        def step_ended(_pipe: Pipe, index: int, _timestep: Timestep, tensors: dict[str, Any]) -> dict[str, Any]:
            on_step(min(wanted.steps, -(-(index + 1) * wanted.steps // calls)))
            return tensors

        asked: dict[str, Any] = {
            "width": sizes.made_width_px,
            "height": sizes.made_height_px,
            "num_inference_steps": wanted.steps,
            "guidance_scale": wanted.cfg_scale,
            "generator": torch.Generator("cpu").manual_seed(wanted.seed),
            "callback_on_step_end": step_ended,
            "output_type": "np",
        }
        with torch.inference_mode():
            asked |= self._text(wanted)
            images = self._pipe(**{name: value for name, value in asked.items() if name in self._accepted}).images
        return _picture(images[0], self.entry)

    def _text(self, wanted: Wanted) -> dict[str, Any]:
        if self._prompts is None:
            return {"prompt": wanted.prompt, "negative_prompt": wanted.negative or None}
        prompt, negative = self._prompts.pair(wanted.prompt, wanted.negative, clip_skip=wanted.clip_skip)
        return {"prompt_embeds": prompt, "negative_prompt_embeds": negative}

    def _set_tiling(self, is_tiling: bool) -> None:
        """Makes left meet right and top meet bottom: the convolutions look round the edge."""
        import torch

        if is_tiling == self._is_tiling:
            return
        for part in (getattr(self._pipe, name, None) for name in ("unet", "vae")):
            for layer in part.modules() if part is not None else ():
                if isinstance(layer, torch.nn.Conv2d):
                    layer.padding_mode = "circular" if is_tiling else "zeros"
        self._is_tiling = is_tiling

    def _save_memory(self) -> None:
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        vae = getattr(self._pipe, "vae", None)
        for part, thrift in ((vae, "enable_slicing"), (vae, "enable_tiling"), (self._pipe, "enable_attention_slicing")):
            switch = getattr(part, thrift, None)
            if callable(switch):
                switch()


def _picture(pixels: "numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.float32]]", entry: ModelEntry) -> Image.Image:
    """The picture of pixels in 0..1, shape (height_px, width_px, 3), RGB.

    Raises:
        PictureBrokenError: they are no numbers any more, which libraries would show as a black picture.
    """
    import numpy

    if not numpy.isfinite(pixels).all():
        raise PictureBrokenError(
            f"model {entry.name}: the numbers overflowed, the picture would be black. Use --dtype float32 or bfloat16"
        )
    return Image.fromarray((pixels * 255).round().astype("uint8"))
