"""The transaction as use cases get it: the nouns over one connection."""

from collections.abc import Callable
from typing import Generic, TypeVar

import sqlalchemy as sa

from core.ports.clock import Clock
from core.ports.store import ReadTransaction, Transaction
from core.store.memory import Memory
from core.store.rows.kudos.escrows import Escrows
from core.store.rows.kudos.journal import Journal
from core.store.rows.kudos.keys import SharedKeys
from core.store.rows.kudos.ledger import Ledger
from core.store.rows.people.accounts import Accounts
from core.store.rows.people.links import Links
from core.store.rows.people.messages import Messages
from core.store.rows.people.records import Records
from core.store.rows.people.teams import Teams
from core.store.rows.people.workers import Workers
from core.store.rows.queue.claims import Claims
from core.store.rows.queue.jobs import Jobs
from core.store.rows.queue.lanes import Lanes
from core.store.rows.queue.requests import Requests
from core.store.rows.record.deliveries import Webhooks
from core.store.rows.record.events import Events
from core.store.rows.record.loops import Loops
from core.store.rows.record.pruning import Pruning
from core.store.rows.record.replays import Replays
from core.store.rows.record.statistics import Statistics
from core.store.rows.record.verdicts import Verdicts
from core.store.rows.shelf.collections import Collections
from core.store.rows.shelf.guard import Guard
from core.store.rows.shelf.styles import Styles
from core.store.statement import Driver, Line
from core.store.writes import Writes

N = TypeVar("N")


class _Noun(Generic[N]):
    """A noun of a transaction, made when it is first asked for: most use cases want a few of them."""

    __slots__ = ("_make", "_name")

    def __init__(self, make: "Callable[[SqlTransaction], N]") -> None:
        """Keep what makes it."""
        self._make = make
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        """Take the attribute's name."""
        self._name = name

    def __get__(self, tx: "SqlTransaction", owner: type) -> N:
        """Make the noun; the transaction's own attribute stands before this one from then on."""
        noun = tx.__dict__[self._name] = self._make(tx)
        return noun


class SqlTransaction:
    """One open transaction. Balance rows are written by ``flush``, last; hints run after the commit."""

    def __init__(
        self,
        connection: sa.Connection,
        memory: Memory,
        clock: Clock,
        *,
        is_read: bool = False,
        driver: Driver | None = None,
    ) -> None:
        """Stand over a connection whose transaction is open. is_read: it only looks. driver: its shorter way."""
        self.line = Line(connection, is_read=is_read, driver=driver)
        self.writes = Writes(self.line)
        self.hints: list[Callable[[], None]] = []
        self.touched_lanes: list[int] = []
        self.memory = memory
        self.clock = clock

    journal = _Noun(lambda tx: Journal(tx.line.seen))
    keys = _Noun(lambda tx: SharedKeys(tx.line.seen, tx.writes))
    escrows = _Noun(lambda tx: Escrows(tx.line.seen, tx.writes))
    ledger = _Noun(lambda tx: Ledger(tx.line, tx.writes, tx.memory, keys=tx.keys, escrows=tx.escrows))
    accounts = _Noun(lambda tx: Accounts(tx.line, tx.memory, tx.ledger))
    links = _Noun(lambda tx: Links(tx.line.seen, tx.memory))
    records = _Noun(lambda tx: Records(tx.line.seen))
    requests = _Noun(lambda tx: Requests(tx.line, tx.writes))
    jobs = _Noun(
        lambda tx: Jobs(
            tx.line, tx.writes, tx.memory, requests=tx.requests, ledger=tx.ledger, touched_lanes=tx.touched_lanes
        )
    )
    claims = _Noun(lambda tx: Claims(tx.line, tx.writes, tx.memory))
    workers = _Noun(lambda tx: Workers(tx.line, tx.writes, tx.memory))
    teams = _Noun(lambda tx: Teams(tx.line.seen, tx.memory))
    messages = _Noun(lambda tx: Messages(tx.line.seen))
    events = _Noun(lambda tx: Events(tx.line, tx.writes, tx.clock, tx.memory))
    lanes = _Noun(lambda tx: Lanes(tx.line, tx.memory))
    verdicts = _Noun(lambda tx: Verdicts(tx.line, tx.writes))
    loops = _Noun(lambda tx: Loops(tx.line.seen))
    statistics = _Noun(lambda tx: Statistics(tx.line.seen))
    pruning = _Noun(lambda tx: Pruning(tx.line.seen))
    styles = _Noun(lambda tx: Styles(tx.line.seen))
    collections = _Noun(lambda tx: Collections(tx.line.seen))
    guard = _Noun(lambda tx: Guard(tx.line.seen))
    webhooks = _Noun(lambda tx: Webhooks(tx.line.seen))
    replays = _Noun(lambda tx: Replays(tx.line.seen))

    @property
    def has_news(self) -> bool:
        """True once an event was written."""
        return "events" in self.__dict__ and self.events.has_news

    @property
    def is_postgres(self) -> bool:
        """True where the store is PostgreSQL."""
        return self.line.is_postgres

    @property
    def connection(self) -> sa.Connection:
        """The connection, after everything that waited was written."""
        return self.line.seen

    def after_commit(self, call: Callable[[], None]) -> None:
        """Have a hint run after the COMMIT, on the writer's thread; not at all if there is none."""
        self.hints.append(call)

    def flush(self) -> None:
        """Write what follows the ledger, then the balance rows last: always in this order, each in order of id."""
        made = self.__dict__
        if "ledger" in made:  # what moves keys and escrows is the ledger
            self.keys.flush()
            self.escrows.flush()
            self.ledger.flush()
        else:
            self.writes.flush()


def connection_of(tx: Transaction | ReadTransaction) -> sa.Connection:
    """Return the connection of a transaction, for the bots' own tables in the same database and for nothing else."""
    if not isinstance(tx, SqlTransaction):
        message = f"{type(tx).__name__} is not a transaction of this store."
        raise TypeError(message)
    tx.writes.flush()
    return tx.line.connection
