"""What is old enough that nobody needs it any more, and up to when it was deleted."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from core.domain.ids import RequestId
from core.store.rows.record.upsert import upsert
from core.store.tables import event_cursors, events, holds, incidents, jobs, leases, requests, results, verdicts
from core.store.tables.statistics import horizons

REQUESTS: Final = "requests"
"""The horizon of requests: the youngest that was forgotten had ended then."""
SCANNED_FACTOR: Final = 10
"""So many times more old requests are looked at than may be forgotten: a reader that stands still costs no more."""

_OLD = (
    sa.select(requests.c.id, requests.c.finished_at_ms)
    .where(requests.c.finished_at_ms < sa.bindparam("before_ms"))
    .order_by(requests.c.finished_at_ms)
    .limit(sa.bindparam("scanned"))
    .subquery()
)
_FREE = (
    sa.select(_OLD.c.id, _OLD.c.finished_at_ms)
    .where(
        ~sa.select(events.c.seq).where(events.c.request_id == _OLD.c.id).exists(),
        ~sa.exists().where(holds.c.hold_id == _OLD.c.id, sa.text("holds.state = 'pending'")),
    )
    .order_by(_OLD.c.finished_at_ms)
    .limit(sa.bindparam("most"))
)
_IDS: Final[sa.BindParameter[list[Any]]] = sa.bindparam("ids", expanding=True)
_JOBS = sa.select(jobs.c.id).where(jobs.c.request_id.in_(_IDS))
_FORGET: Final = (
    sa.delete(results).where(results.c.request_id.in_(_IDS)),
    sa.delete(leases).where(leases.c.job_id.in_(_JOBS)),
    sa.delete(jobs).where(jobs.c.request_id.in_(_IDS)),
    sa.delete(verdicts).where(verdicts.c.request_id.in_(_IDS)),
    # A shared key's budget is audited against its holds, so those stay.
    sa.delete(holds).where(holds.c.hold_id.in_(_IDS), holds.c.shared_key_id.is_(None)),
)
_FORGET_REQUESTS = sa.delete(requests).where(requests.c.id.in_(_IDS))
_HORIZON = sa.select(horizons.c.at_ms).where(horizons.c.name == REQUESTS)
_MOVE: Final = upsert(
    horizons,
    ("name",),
    lambda new: {"at_ms": sa.case((new.at_ms > horizons.c.at_ms, new.at_ms), else_=horizons.c.at_ms)},
)
_OLDEST_INCIDENTS = (
    sa.select(incidents.c.id, incidents.c.made_at_ms).order_by(incidents.c.id).limit(sa.bindparam("most"))
)
_FORGET_INCIDENTS = sa.delete(incidents).where(incidents.c.id.in_(_IDS))
_STALE = (
    sa.select(event_cursors.c.name)
    .where(
        event_cursors.c.moved_at_ms < sa.bindparam("before_ms"),
        sa.exists().where(events.c.seq > event_cursors.c.seq, events.c.at_ms < sa.bindparam("before_ms")),
    )
    .order_by(event_cursors.c.name)
)
_FORGET_READERS = sa.delete(event_cursors).where(event_cursors.c.name.in_(sa.bindparam("names", expanding=True)))


class Pruning:
    """The pruning of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection

    def requests(self, *, before_ms: int, limit: int) -> Sequence[tuple[RequestId, int]]:
        """Return (request, ended_at_ms) of requests that ended before then, oldest first, and can be forgotten."""
        found = self._connection.execute(
            _FREE, {"before_ms": before_ms, "scanned": limit * SCANNED_FACTOR, "most": limit}
        )
        return [(RequestId(row.id), int(row.finished_at_ms)) for row in found]

    def horizon(self) -> int:
        """Return when the youngest request that was forgotten had ended, 0 if none ever was."""
        return int(self._connection.scalar(_HORIZON) or 0)

    def forget(self, request_ids: Sequence[RequestId], *, ended_at_ms: int) -> int:
        """Delete these requests with jobs, leases, results, verdicts and holds; note the horizon; return how many."""
        if not request_ids:
            return 0
        ids = {"ids": list(request_ids)}
        for statement in _FORGET:
            self._connection.execute(statement, ids)
        gone = self._connection.execute(_FORGET_REQUESTS, ids).rowcount
        self._move_horizon(ended_at_ms)
        return gone

    def forget_incidents(self, *, before_ms: int, limit: int) -> int:
        """Delete the oldest incidents, if they are from before then, and return how many."""
        oldest = self._connection.execute(_OLDEST_INCIDENTS, {"most": limit})
        ids = [row.id for row in oldest if row.made_at_ms < before_ms]
        return self._connection.execute(_FORGET_INCIDENTS, {"ids": ids}).rowcount if ids else 0

    def forget_readers(self, *, before_ms: int) -> Sequence[str]:
        """Delete the cursors of readers that left events from before then unread and have not moved since."""
        names = list(self._connection.scalars(_STALE, {"before_ms": before_ms}))
        if names:
            self._connection.execute(_FORGET_READERS, {"names": names})
        return names

    def _move_horizon(self, at_ms: int) -> None:
        """Note up to when requests were forgotten; never back."""
        self._connection.execute(_MOVE[self._connection.dialect.name], {"name": REQUESTS, "at_ms": at_ms})
