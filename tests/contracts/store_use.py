"""Small use cases for the contract of the store, and transactions that are held open."""

import asyncio
import threading
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.util import await_only

from core.domain.errors import HordeError
from core.domain.events import EventKind
from core.domain.ids import AccountId, RequestId
from core.ports.store import ReadTransaction, Transaction, UnitOfWork
from core.services.events.read import events_after
from core.store import connection_of
from core.store.transaction import SqlTransaction


def add(name: str) -> Callable[[Transaction], AccountId]:
    return lambda tx: tx.accounts.add(name=name, trusted=False, moderator=False, guest=False, now_ms=0)


def names(tx: ReadTransaction) -> list[str]:
    return list(connection_of(tx).scalars(sa.text("SELECT name FROM accounts WHERE id > 0 ORDER BY id")))


def happen(name: str) -> Callable[[Transaction], None]:
    """Return a use case that writes one event."""
    return lambda tx: tx.events.add(
        EventKind.JOB_LEASED, request_id=RequestId(name), account_id=AccountId(0), now_ms=0, body={}
    )


async def happened(uow: UnitOfWork, *, cursor: int = 0) -> list[tuple[int, str]]:
    """Return the position and the name of each event after the cursor."""
    found = await uow.read(lambda tx: events_after(tx, cursor=cursor))
    return [(event.seq, event.request_id) for event in found]


async def outcome(uow: UnitOfWork, use_case: Callable[[Transaction], object]) -> HordeError | None:
    try:
        await uow.write(use_case)
    except HordeError as exc:
        return exc
    return None


def stand(tx: Transaction | ReadTransaction, go: threading.Event) -> None:
    """Wait inside a use case, which on PostgreSQL runs on the event loop and must not hold it up."""
    assert isinstance(tx, SqlTransaction)
    if tx.is_postgres:
        await_only(asyncio.to_thread(go.wait, 10))
    else:
        go.wait(10)


class HeldOpen:
    """A use case that has done its work and whose transaction stays open until the block ends."""

    def __init__(self, uow: UnitOfWork, use_case: Callable[[Transaction], object] = lambda _: None) -> None:
        self.uow, self.use_case, self.go = uow, use_case, threading.Event()

    async def __aenter__(self) -> "HeldOpen":
        began = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hold(tx: Transaction) -> None:
            self.use_case(tx)
            connection_of(tx)  # writes what waits
            loop.call_soon_threadsafe(began.set)
            stand(tx, self.go)

        self.task = loop.create_task(self.uow.write(hold))
        await began.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.go.set()
        await self.task
