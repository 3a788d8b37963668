"""Names for what diffusers hands around, which it does not type."""

from typing import Any, TypeAlias

Pipe: TypeAlias = Any
"""A diffusers pipeline for pictures from text."""
Scheduler: TypeAlias = Any
"""A diffusers scheduler."""
Timestep: TypeAlias = Any
"""The denoiser's time at a step."""
