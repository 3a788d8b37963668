"""Refuse: the record of a prompt that is not made, and the error that says so."""

from core.domain.errors import PromptRejected
from core.domain.ids import AccountId
from core.domain.moderation import Verdict
from core.ports.store import Transaction


def refuse(
    tx: Transaction, *, account_id: AccountId, verdict: Verdict, now_ms: int, source: str = ""
) -> PromptRejected:
    """Return the error to raise; the incident (who, which rule, never the prompt) is on record."""
    tx.verdicts.incident(verdict, account_id=account_id, source=source, now_ms=now_ms)
    message = (
        f"This prompt is refused: {verdict.explanation or 'it breaks the rules of this horde.'} "
        "Ask for something else; if you think the rule is wrong here, tell the moderators its name: "
        f"{verdict.rule}."
    )
    return PromptRejected(message, rule=verdict.rule or "unknown", group=verdict.group)
