"""One timed part of the training that can be stopped and taken up again, so that every part saves alike."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import torch

from worker.training.report import say

SAVE_EVERY_S: Final = 300.0
REPORT_EVERY_S: Final = 30.0


class Stateful(Protocol):
    """What a checkpoint holds: modules, optimisers and moving averages."""

    def state_dict(self) -> Mapping[str, Any]:
        """The values to keep."""

    def load_state_dict(self, state_dict: dict[str, Any], /) -> object:
        """Takes kept values back."""


class Stage:
    """Counts steps and seconds of one part and keeps its checkpoint.

    Seconds, not steps, set the pace: the learning rate falls over the budget, on a fast and on a slow machine alike.

    Args:
        name: of the part; its checkpoint is `<folder>/<name>.pt`.
        folder: for checkpoints.
        budget_s: seconds of training in all, those before a resume included.
        parts: what to keep, by name.
        resume: whether to take up the checkpoint that lies there.
        now_s: a monotonic clock.

    Attributes:
        step: steps done in all.
        first_step: steps done before this start.
        elapsed_s: seconds trained in all.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        *,
        budget_s: float,
        parts: Mapping[str, Stateful],
        resume: bool,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.path = folder / f"{name}.pt"
        self.step = 0
        self.elapsed_s = 0.0
        self._budget_s = budget_s
        self._parts = parts
        self._now_s = now_s
        if resume and self.path.exists():
            self._load()
        self.first_step = self.step
        self._mark_s = self._saved_s = self._reported_s = now_s()

    @property
    def share(self) -> float:
        """How much of the budget is spent, 0 to 1."""
        return min(self.elapsed_s / max(self._budget_s, 1e-9), 1.0)

    @property
    def over(self) -> bool:
        """Whether the budget is spent."""
        return self.elapsed_s >= self._budget_s

    def rate(self, peak: float, *, floor: float = 0.02, warmup_steps: int = 100) -> float:
        """The learning rate now: a short rise, then a cosine down to `floor` x peak."""
        rise = min((self.step + 1) / warmup_steps, 1.0)
        return peak * rise * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * self.share)))

    def advance(self, note: Callable[[], str]) -> bool:
        """Counts one step, reports and saves when due; true when a line was written."""
        now_s = self._now_s()
        self.step += 1
        self.elapsed_s += now_s - self._mark_s
        self._mark_s = now_s
        if now_s - self._saved_s >= SAVE_EVERY_S:
            self.save()
            self._saved_s = now_s
        due = now_s - self._reported_s >= REPORT_EVERY_S
        if due:
            self._reported_s = now_s
            say(f"{self.name:5} step {self.step:6}  {self.elapsed_s / 60:5.1f} min  {note()}")
        return due

    def pause(self) -> None:
        """Leaves out of the count what happened since the last step (a long evaluation, say)."""
        self._mark_s = self._now_s()

    def save(self) -> None:
        """Writes the checkpoint; a crash while writing leaves the old one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        state = {name: part.state_dict() for name, part in self._parts.items()}
        state["stage"] = {"step": self.step, "elapsed_s": self.elapsed_s}
        partial = self.path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self.path)

    def _load(self) -> None:
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        self.step = int(state["stage"]["step"])
        self.elapsed_s = float(state["stage"]["elapsed_s"])
        say(f"{self.name:5} taken up at step {self.step}, {self.elapsed_s / 60:.1f} min")


def load_part(folder: Path, stage: str, part: str) -> dict[str, Any]:
    """The state dict of one part from a stage's checkpoint.

    Raises:
        FileNotFoundError: the stage has not been trained.
    """
    state: dict[str, dict[str, Any]] = torch.load(folder / f"{stage}.pt", map_location="cpu", weights_only=True)
    return state[part]
