"""Screening: the rules of a file, compiled once."""

import json
from collections.abc import Sequence
from pathlib import Path

from core.domain.errors import Unavailable
from core.domain.moderation import Rule, Ruleset, Verdict, compile_rule


class RuleScreening:
    """Judges prompts by the rules of a data file."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Hold compiled rules."""
        self._ruleset = Ruleset(rules)

    @property
    def rules(self) -> Sequence[Rule]:
        """Return the rules in the order in which they are asked."""
        return self._ruleset.rules

    @classmethod
    def load(cls, path: Path) -> "RuleScreening":
        """Return the screening of a rules file; raises ``Unavailable`` where it is missing or broken."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            rules = [compile_rule(one, raw["fragments"]) for one in raw["rules"]]
        except (OSError, ValueError, KeyError, TypeError) as exc:
            message = f"The moderation rules {path} cannot be read ({exc}). Put back the file that was shipped."
            raise Unavailable(message) from exc
        return cls(rules)

    def screen_prompt(self, prompt: str) -> Verdict:
        """Return whether the prompt is allowed, and if not, which rule refuses it."""
        return self._ruleset.judge(prompt)
