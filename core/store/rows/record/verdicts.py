"""Verdicts and incidents; prompts are never in them."""

from collections.abc import Sequence

import sqlalchemy as sa

from core.domain.ids import AccountId, RequestId
from core.domain.moderation import Verdict
from core.store.statement import Line
from core.store.tables import incidents, verdicts
from core.store.writes import Writes, insert

_RECORD = insert(verdicts, "request_id", "allowed", "rule", "made_at_ms")
_INCIDENT = sa.insert(incidents)
_OF = (
    sa.select(incidents.c.rule, incidents.c.made_at_ms)
    .where(incidents.c.account_id == sa.bindparam("account_id"))
    .order_by(incidents.c.made_at_ms.desc(), incidents.c.id.desc())
)


class Verdicts:
    """The verdicts of one transaction."""

    def __init__(self, line: Line, writes: Writes) -> None:
        """Stand over the transaction's line."""
        self._connection = line.seen
        self._writes = writes

    def record(self, verdict: Verdict, *, request_id: RequestId, now_ms: int) -> None:
        """Write the verdict on an accepted request."""
        row = {"request_id": request_id, "allowed": verdict.allowed, "rule": verdict.rule, "made_at_ms": now_ms}
        self._writes.add(_RECORD, row)

    def incident(self, verdict: Verdict, *, account_id: AccountId, source: str, now_ms: int) -> None:
        """Write that a prompt was refused, to whom and by which rule."""
        self._connection.execute(
            _INCIDENT,
            {
                "account_id": account_id,
                "rule": verdict.rule or "unknown",
                "rule_group": verdict.group or "unknown",
                "source": source,
                "made_at_ms": now_ms,
            },
        )

    def incidents_of(self, account_id: AccountId) -> Sequence[tuple[str, int]]:
        """Return (rule, at_ms) of the account's refusals, newest first."""
        return [(row.rule, row.made_at_ms) for row in self._connection.execute(_OF, {"account_id": account_id})]
