"""Screening of prompts, before any transaction."""

from typing import Protocol

from core.domain.moderation import Verdict


class Screening(Protocol):
    """Judges prompts; CPU only."""

    def screen_prompt(self, prompt: str) -> Verdict:
        """Return whether the prompt is allowed, and if not, which rule refuses it."""
        ...
