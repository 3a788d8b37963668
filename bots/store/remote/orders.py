"""Orders to another horde, and the results that came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update

from bots.store.remote.rows import OPEN, Progress, RemoteRequest, RemoteState
from bots.store.tables import remote_requests, remote_results
from core.domain.ids import AccountId
from core.domain.kinds.kind import Kind
from core.domain.requests import JobResult
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of

_AS_JSON: Final = ("models", "strangers", "progress")


def add_remote(tx: Transaction, *, row: RemoteRequest) -> None:
    """The order is there, to be sent."""
    values = {name: getattr(row, name) for name in RemoteRequest.__dataclass_fields__}
    connection_of(tx).execute(insert(remote_requests).values(**_written(values)))


def remote(tx: ReadTransaction | Transaction, *, request_id: str) -> RemoteRequest | None:
    """Returns the order of that id."""
    row = connection_of(tx).execute(select(remote_requests).where(remote_requests.c.id == request_id)).first()
    return None if row is None else _row(row)


def take_remote(tx: Transaction, *, request_id: str) -> RemoteRequest | None:
    """Returns the order of that id, to be changed: nobody else changes it until this transaction has ended."""
    found = connection_of(tx).execute(
        select(remote_requests).where(remote_requests.c.id == request_id).with_for_update()
    )
    row = found.first()
    return None if row is None else _row(row)


def remote_of_key(
    tx: ReadTransaction | Transaction, *, account_id: AccountId, idempotency_key: str
) -> RemoteRequest | None:
    """Returns the order that this account made with this key."""
    row = (
        connection_of(tx)
        .execute(
            select(remote_requests).where(
                remote_requests.c.account_id == account_id, remote_requests.c.idempotency_key == idempotency_key
            )
        )
        .first()
    )
    return None if row is None else _row(row)


def change_remote(tx: Transaction, *, request_id: str, now_ms: int, **columns: object) -> None:
    """The order has these columns changed."""
    connection_of(tx).execute(
        update(remote_requests)
        .where(remote_requests.c.id == request_id)
        .values(changed_at_ms=now_ms, **_written(columns))
    )


def claim_to_send(tx: Transaction, *, now_ms: int, until_ms: int) -> RemoteRequest | None:
    """The oldest order that is due is SENDING, and nobody else's, until then; None where there is none."""
    row = (
        connection_of(tx)
        .execute(
            select(remote_requests)
            .where(remote_requests.c.state == RemoteState.NEW.value, remote_requests.c.due_ms <= now_ms)
            .order_by(remote_requests.c.due_ms, remote_requests.c.asked_at_ms)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        .first()
    )
    if row is None:
        return None
    change_remote(
        tx,
        request_id=row.id,
        now_ms=now_ms,
        state=RemoteState.SENDING,
        attempts=row.attempts + 1,
        due_ms=until_ms,
        looks=0,
    )
    return remote(tx, request_id=row.id)


def doubt_unsent(tx: Transaction, *, now_ms: int, look_ms: int) -> int:
    """Orders that somebody began to send and did not come back from are UNKNOWN; returns how many."""
    changed = connection_of(tx).execute(
        update(remote_requests)
        .where(remote_requests.c.state == RemoteState.SENDING.value, remote_requests.c.due_ms <= now_ms)
        .values(state=RemoteState.UNKNOWN.value, due_ms=look_ms, looks=0, changed_at_ms=now_ms)
    )
    return changed.rowcount


def remotes_in(
    tx: ReadTransaction | Transaction, *, state: RemoteState, due_ms: int | None = None, limit: int = 1_000
) -> list[RemoteRequest]:
    """Returns the orders in a state, the longest due first; due_ms: only those that are due by then."""
    wanted = select(remote_requests).where(remote_requests.c.state == state.value)
    if due_ms is not None:
        wanted = wanted.where(remote_requests.c.due_ms <= due_ms)
    found = connection_of(tx).execute(wanted.order_by(remote_requests.c.due_ms).limit(limit))
    return [_row(row) for row in found]


def overdue_remotes(tx: ReadTransaction | Transaction, *, now_ms: int, limit: int) -> list[str]:
    """Returns the ids of open orders that are past their time, but for those that are being sent."""
    states = [state.value for state in OPEN if state is not RemoteState.SENDING]
    return list(
        connection_of(tx).scalars(
            select(remote_requests.c.id)
            .where(remote_requests.c.state.in_(states), remote_requests.c.expires_at_ms <= now_ms)
            .limit(limit)
        )
    )


def known_remote_ids(tx: ReadTransaction | Transaction, *, among: Sequence[str]) -> set[str]:
    """Returns those of the ids that are orders of ours."""
    found = connection_of(tx).scalars(select(remote_requests.c.remote_id).where(remote_requests.c.remote_id.in_(among)))
    return {str(one) for one in found}


def open_jobs_of(tx: ReadTransaction | Transaction, *, account_id: AccountId, kind: Kind) -> int:
    """Returns how many jobs of the kind the account has open."""
    counted: int | None = connection_of(tx).scalar(
        select(func.sum(remote_requests.c.jobs)).where(
            remote_requests.c.account_id == account_id,
            remote_requests.c.state.in_([state.value for state in OPEN]),
            remote_requests.c.kind == kind.value,
        )
    )
    return int(counted or 0)


def forget_remotes(tx: Transaction, *, before_ms: int, limit: int) -> int:
    """Orders that ended before then are forgotten with their results; returns how many. The journal stays."""
    connection = connection_of(tx)
    old = connection.scalars(
        select(remote_requests.c.id).where(remote_requests.c.ended_at_ms < before_ms).limit(limit)
    ).all()
    if old:
        connection.execute(delete(remote_results).where(remote_results.c.request_id.in_(old)))
        connection.execute(delete(remote_requests).where(remote_requests.c.id.in_(old)))
    return len(old)


def has_old_remotes(tx: ReadTransaction | Transaction, *, before_ms: int) -> bool:
    """Returns whether there is an order that `forget_remotes` would forget."""
    wanted = select(remote_requests.c.id).where(remote_requests.c.ended_at_ms < before_ms).limit(1)
    return connection_of(tx).scalar(wanted) is not None


def add_results(tx: Transaction, *, request_id: str, results: Sequence[JobResult]) -> None:
    """The results of the order are there."""
    if results:
        connection_of(tx).execute(
            insert(remote_results),
            [
                {"request_id": request_id, "ordinal": ordinal, "body": msgspec.json.encode(result).decode()}
                for ordinal, result in enumerate(results)
            ],
        )


def results_of(tx: ReadTransaction | Transaction, *, request_id: str) -> tuple[JobResult, ...]:
    """Returns what came of the order."""
    found = connection_of(tx).scalars(
        select(remote_results.c.body)
        .where(remote_results.c.request_id == request_id)
        .order_by(remote_results.c.ordinal)
    )
    return tuple(msgspec.json.decode(body, type=JobResult) for body in found)


def _written(columns: Mapping[str, object]) -> dict[str, object]:
    values = dict(columns)
    for name in _AS_JSON:
        if name in values:
            values[name] = msgspec.json.encode(values[name]).decode()
    return {name: value.value if isinstance(value, StrEnum) else value for name, value in values.items()}


def _row(row: Row[tuple[object, ...]]) -> RemoteRequest:
    columns = dict(row._mapping)  # noqa: SLF001 - the public name of this attribute starts with an underscore
    columns["state"] = RemoteState(str(columns["state"]))
    columns["kind"] = Kind(str(columns["kind"]))
    columns["models"] = msgspec.json.decode(str(columns["models"]), type=tuple[str, ...])
    columns["strangers"] = msgspec.json.decode(str(columns["strangers"]), type=tuple[str, ...])
    columns["progress"] = msgspec.json.decode(str(columns["progress"]), type=Progress)
    return RemoteRequest(**columns)
