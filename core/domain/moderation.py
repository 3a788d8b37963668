"""Moderation: which prompts are refused, as pure rules over a normal form."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What screening said of a prompt; rule, group and explanation are set when it was refused."""

    allowed: bool
    rule: str | None = None
    group: str | None = None
    explanation: str | None = None


ALLOWED = Verdict(allowed=True)
