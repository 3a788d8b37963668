"""Messages to workers."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.domain.ids import AccountId, WorkerId
from core.domain.workers.message import MessageId, WorkerMessage
from core.store.tables import worker_messages, workers

IN_FORCE_MAX = 50
_ALL = sa.select(worker_messages)
_GET = _ALL.where(worker_messages.c.id == sa.bindparam("message_id"))
_TO_ALL_OF = sa.and_(
    worker_messages.c.worker_id.is_(None),
    sa.or_(worker_messages.c.account_id.is_(None), worker_messages.c.account_id == sa.bindparam("account_id")),
)
_IN_FORCE = (
    _ALL.where(
        worker_messages.c.expires_at_ms > sa.bindparam("now_ms", type_=sa.BigInteger),
        sa.or_(worker_messages.c.worker_id == sa.bindparam("worker_id"), _TO_ALL_OF),
    )
    .order_by(worker_messages.c.made_at_ms, worker_messages.c.id)
    .limit(IN_FORCE_MAX)
)
_LISTED = (
    _ALL.where(
        worker_messages.c.expires_at_ms >= sa.bindparam("from_ms", type_=sa.BigInteger),
        worker_messages.c.expires_at_ms < sa.bindparam("to_ms", type_=sa.BigInteger),
    )
    .order_by(worker_messages.c.made_at_ms.desc(), worker_messages.c.id)
    .limit(sa.bindparam("most"))
    .offset(sa.bindparam("begin"))
)
_TO_EVERY = sa.and_(worker_messages.c.worker_id.is_(None), worker_messages.c.account_id.is_(None))
_OF_WORKER = worker_messages.c.worker_id == sa.bindparam("worker_id")
_OF_ACCOUNT = sa.or_(
    worker_messages.c.account_id == sa.bindparam("account_id"),
    worker_messages.c.worker_id.in_(sa.select(workers.c.id).where(workers.c.account_id == sa.bindparam("account_id"))),
)
_ADD = sa.insert(worker_messages)
_REMOVE = sa.delete(worker_messages).where(worker_messages.c.id == sa.bindparam("message_id"))
_PRUNE = sa.delete(worker_messages).where(
    worker_messages.c.expires_at_ms < sa.bindparam("before_ms", type_=sa.BigInteger)
)


class Messages:
    """The messages of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection

    def get(self, message_id: MessageId) -> WorkerMessage | None:
        """Return the message."""
        row = self._connection.execute(_GET, {"message_id": message_id}).first()
        return None if row is None else _message(row)

    def in_force(self, *, worker_id: WorkerId, account_id: AccountId, now_ms: int) -> Sequence[WorkerMessage]:
        """Return what this worker of this account is to be told now, the oldest first, at most fifty."""
        asked = {"worker_id": worker_id, "account_id": account_id, "now_ms": now_ms}
        return [_message(row) for row in self._connection.execute(_IN_FORCE, asked)]

    def listed(
        self,
        *,
        worker_id: WorkerId | None,
        account_id: AccountId | None,
        from_ms: int,
        to_ms: int,
        limit: int,
        offset: int = 0,
        to_all: bool = False,
    ) -> Sequence[WorkerMessage]:
        """Return messages that expire from ``from_ms`` on and before ``to_ms``, the newest first.

        worker_id: only those to this very worker. account_id: only those to this account's workers, one or all, and
        (``to_all``) those to every worker.
        """
        asked: dict[str, object] = {"from_ms": from_ms, "to_ms": to_ms, "most": limit, "begin": offset}
        statement = _LISTED
        if worker_id is not None:
            statement, asked["worker_id"] = statement.where(_OF_WORKER), worker_id
        if account_id is not None:
            whose = sa.or_(_OF_ACCOUNT, _TO_EVERY) if to_all else _OF_ACCOUNT
            statement, asked["account_id"] = statement.where(whose), account_id
        return [_message(row) for row in self._connection.execute(statement, asked)]

    def add(self, message: WorkerMessage) -> None:
        """Write a message."""
        self._connection.execute(
            _ADD,
            {
                "id": message.id,
                "worker_id": message.worker_id,
                "account_id": message.account_id,
                "text": message.text,
                "origin": message.origin,
                "made_by": message.made_by,
                "made_at_ms": message.made_at_ms,
                "expires_at_ms": message.expires_at_ms,
            },
        )

    def remove(self, message_id: MessageId) -> None:
        """Delete the message."""
        self._connection.execute(_REMOVE, {"message_id": message_id})

    def prune(self, before_ms: int) -> int:
        """Delete messages that expired before this time; return how many those were."""
        return self._connection.execute(_PRUNE, {"before_ms": before_ms}).rowcount


def _message(row: "sa.Row[*tuple[Any, ...]]") -> WorkerMessage:
    """Return the message of a row."""
    return WorkerMessage(
        id=MessageId(row.id),
        text=row.text,
        origin=row.origin,
        made_at_ms=row.made_at_ms,
        expires_at_ms=row.expires_at_ms,
        worker_id=None if row.worker_id is None else WorkerId(row.worker_id),
        account_id=None if row.account_id is None else AccountId(row.account_id),
        made_by=None if row.made_by is None else AccountId(row.made_by),
    )
