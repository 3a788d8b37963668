"""Everything that can go wrong in the worker, as types that carry what the log line has to say."""

from dataclasses import dataclass


class WorkerError(Exception):
    """The root of the worker's errors; `str()` says what, where and what to do next."""


class BadSettingsError(WorkerError):
    """The settings cannot be used; all their mistakes are listed at once."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        lines = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"the worker's settings have {len(problems)} mistake(s):{lines}")


class ModelUnusableError(WorkerError):
    """A model of the settings cannot be loaded or cannot draw its pilot picture."""


class PictureBrokenError(WorkerError):
    """The pipeline came to its end and what it made is no picture."""


@dataclass
class HordeUnreachableError(WorkerError):
    """The horde gave no answer, or one that says it is unwell; trying again later may help."""

    url: str
    reason: str
    retry_after_s: float | None = None

    def __str__(self) -> str:
        """Where and why."""
        return f"{self.url} does not answer ({self.reason})"


@dataclass
class HordeRefusedError(WorkerError):
    """The horde understood and said no; asking again changes nothing."""

    status: int
    code: str
    explanation: str

    def __str__(self) -> str:
        """The horde's own words with its code."""
        return f"the horde refused: {self.explanation} (HTTP {self.status}, {self.code or 'no code'})"


class NotWelcomeError(HordeRefusedError):
    """This key or this name may not work for this horde, so the worker has to stop and say so."""


class LeaseLostError(WorkerError):
    """The job is no longer this worker's: it was cancelled, given to another, or it is over."""


class JobCancelledError(WorkerError):
    """The work was stopped at a step boundary because nobody waits for it any more."""


class JobUnusableError(WorkerError):
    """What was popped cannot be drawn as asked; it is reported as faulted, never shown to the pipeline."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        super().__init__(f"{field} {problem}")
