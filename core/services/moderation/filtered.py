"""Filtered: the shipped rules and the moderators' filters as one screening, for whoever rewords nothing."""

from core.domain.moderation import Verdict
from core.ports.screening import Screening
from core.services.moderation.patterns import FilterBook


class FilteredScreening:
    """Judges prompts by the shipped rules first, then by the filters that the book holds at the time."""

    def __init__(self, shipped: Screening, filters: FilterBook) -> None:
        """Stand over both."""
        self._shipped = shipped
        self._filters = filters

    def screen_prompt(self, prompt: str) -> Verdict:
        """Return whether the prompt is allowed, and if not, which rule refuses it."""
        verdict = self._shipped.screen_prompt(prompt)
        return self._filters.judge(prompt) if verdict.allowed else verdict
