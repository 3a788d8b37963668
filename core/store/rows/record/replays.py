"""Answers to calls that may come again."""

import sqlalchemy as sa

from core.domain.calls.replays import Replay
from core.domain.ids import AccountId
from core.store.tables import replays

_GET = sa.select(replays).where(
    replays.c.account_id == sa.bindparam("the_account"), replays.c.key == sa.bindparam("the_key")
)
_ADD = sa.insert(replays)
_OLDEST = (
    sa.select(replays.c.account_id, replays.c.key)
    .where(replays.c.at_ms < sa.bindparam("before_ms"))
    .order_by(replays.c.at_ms)
    .limit(sa.bindparam("most"))
)
_PRUNE = sa.delete(replays).where(sa.tuple_(replays.c.account_id, replays.c.key).in_(_OLDEST))


class Replays:
    """The answers of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection

    def get(self, account_id: AccountId, key: str) -> Replay | None:
        """Return what was answered to the account under this key."""
        row = self._connection.execute(_GET, {"the_account": account_id, "the_key": key}).first()
        if row is None:
            return None
        return Replay(
            account_id=AccountId(row.account_id),
            key=row.key,
            fingerprint=row.fingerprint,
            status=row.status,
            body=row.body,
            at_ms=row.at_ms,
        )

    def add(self, replay: Replay) -> None:
        """Keep an answer."""
        self._connection.execute(
            _ADD,
            {
                "account_id": replay.account_id,
                "key": replay.key,
                "fingerprint": replay.fingerprint,
                "status": replay.status,
                "body": replay.body,
                "at_ms": replay.at_ms,
            },
        )

    def prune(self, *, before_ms: int, limit: int) -> int:
        """Forget answers from before then and return how many."""
        return self._connection.execute(_PRUNE, {"before_ms": before_ms, "most": limit}).rowcount
