"""The one thread that owns the pipelines, and what it knows about how long a picture takes."""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image

from worker.errors import JobCancelledError, ModelUnusableError
from worker.jobs import Wanted
from worker.logs import say
from worker.pipeline.loading import hush_libraries
from worker.pipeline.painter import OnStep, Painter
from worker.pipeline.samplers import denoiser_calls
from worker.pipeline.sizes import Sizes, sizes_for
from worker.settings.keys import ModelEntry, Settings

T = TypeVar("T")
PILOT_STEPS = 2
PILOT_PX_MAX_ON_CPU = 256
# The layers of a smaller model (in millions of parameters) are done before a second thread has begun: threads that
# wait for each other burn the CPU, and on a busy machine they take many times longer (measured: 60 s against 274 s).
SMALL_MODEL_M = 50.0
# How much the newest picture counts in the running mean of a model's speed.
NEWEST_WEIGHT = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A picture as the pipeline made it."""

    image: Image.Image
    sizes: Sizes
    seconds: float


class Studio:
    """Draws pictures one after the other on its own thread; the event loop stays free."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="studio")
        self._painters: OrderedDict[str, Painter] = OrderedDict()
        self._s_per_call_megapixel: dict[str, float] = {}
        self._threads_usual: int | None = None
        self._is_closed = threading.Event()
        self.is_busy = False

    async def open(self) -> None:
        """Imports torch, loads the first models and draws a pilot picture with each.

        Raises:
            ModelUnusableError: a model cannot be loaded or cannot draw.
        """
        await self._on_thread(self._open)

    async def make(self, entry: ModelEntry, wanted: Wanted, on_step: OnStep) -> Made:
        """Draws one picture. `on_step` is called on the studio's thread and may raise JobCancelledError."""
        return await self._on_thread(lambda: self._make(entry, wanted, on_step))

    def seconds_for(self, entry: ModelEntry, wanted: Wanted) -> float:
        """How long the picture will take, by the pilot and the pictures since; 0 where nothing is known yet."""
        sizes = sizes_for(entry, width_px=wanted.width_px, height_px=wanted.height_px)
        calls = denoiser_calls(wanted.sampler, wanted.steps)
        return self._s_per_call_megapixel.get(entry.name, 0.0) * calls * sizes.made_megapixels

    def close(self) -> None:
        """Stops the thread at the next step boundary; calling it again changes nothing."""
        self._is_closed.set()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _on_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._busy, call)

    def _busy(self, call: Callable[[], T]) -> T:
        self.is_busy = True
        try:
            return call()
        finally:
            self.is_busy = False

    def _open(self) -> None:
        hush_libraries()
        for entry in self._settings.models[: self._settings.models_in_memory]:
            painter = self._painter(entry)
            if self._settings.pilot:
                self._pilot(painter)

    def _painter(self, entry: ModelEntry) -> Painter:
        if entry.name in self._painters:
            self._painters.move_to_end(entry.name)
            self._choose_threads(self._painters[entry.name])
            return self._painters[entry.name]
        while len(self._painters) >= self._settings.models_in_memory:
            name, _ = self._painters.popitem(last=False)
            say("model.unloaded", model=name)
        started_s = time.perf_counter()
        painter = Painter(entry, device=self._settings.device, dtype=self._settings.dtype)
        say(
            "model.loaded",
            model=entry.name,
            kind=painter.kind,
            device=painter.device,
            parameters_m=painter.parameters_m,
            native_px=entry.native_px,
            px_max=entry.px_max,
            seconds=time.perf_counter() - started_s,
        )
        self._painters[entry.name] = painter
        self._choose_threads(painter)
        return painter

    def _pilot(self, painter: Painter) -> None:
        """Draws a tiny picture twice: the first warms up, the second is measured."""
        entry = painter.entry
        side_px = entry.native_px if painter.device != "cpu" else min(entry.native_px, PILOT_PX_MAX_ON_CPU)
        wanted = Wanted(
            prompt="a red heart", negative="", width_px=side_px, height_px=side_px, steps=PILOT_STEPS,
            cfg_scale=entry.default_cfg, sampler=entry.default_sampler, karras=False, clip_skip=1,
            tiling=False, seed=1,
        )  # fmt: skip
        sizes = Sizes(asked_width_px=side_px, asked_height_px=side_px, made_width_px=side_px, made_height_px=side_px)
        try:
            painter.draw(wanted, sizes, self._go_on)
            started_s = time.perf_counter()
            painter.draw(wanted, sizes, self._go_on)
        except (RuntimeError, ValueError, TypeError, AttributeError, NotImplementedError) as exc:
            raise ModelUnusableError(
                f"model {entry.name} loads but cannot draw its pilot picture of {side_px}x{side_px} px: {exc}. "
                "Check native_px, dtype and device; --no-pilot starts without this trial"
            ) from exc
        s_per_step = (time.perf_counter() - started_s) / PILOT_STEPS
        self._s_per_call_megapixel[entry.name] = s_per_step / sizes.made_megapixels
        say("pilot.made", model=entry.name, size=f"{side_px}x{side_px}", seconds_per_step=s_per_step)

    def _choose_threads(self, painter: Painter) -> None:
        """Torch's threads as they were set; without a setting one for a small model, torch's own choice for others."""
        import torch

        if self._threads_usual is None:
            self._threads_usual = torch.get_num_threads()
        is_small = painter.device == "cpu" and painter.parameters_m < SMALL_MODEL_M
        torch.set_num_threads(self._settings.threads or (1 if is_small else self._threads_usual))

    def _make(self, entry: ModelEntry, wanted: Wanted, on_step: OnStep) -> Made:
        sizes = sizes_for(entry, width_px=wanted.width_px, height_px=wanted.height_px)
        painter = self._painter(entry)

        def step_ended(step: int) -> None:
            self._go_on(step)
            on_step(step)

        step_ended(0)
        started_s = time.perf_counter()
        image = painter.draw(wanted, sizes, step_ended)
        seconds = time.perf_counter() - started_s
        self._learn(entry, seconds / (denoiser_calls(wanted.sampler, wanted.steps) * sizes.made_megapixels))
        return Made(image=image, sizes=sizes, seconds=seconds)

    def _learn(self, entry: ModelEntry, s_per_call_megapixel: float) -> None:
        known = self._s_per_call_megapixel.get(entry.name, s_per_call_megapixel)
        self._s_per_call_megapixel[entry.name] = known + NEWEST_WEIGHT * (s_per_call_megapixel - known)

    def _go_on(self, _step: int) -> None:
        if self._is_closed.is_set():
            raise JobCancelledError("the worker stops")
