"""The transaction as use cases get it: the nouns over one connection."""

from collections.abc import Callable

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


class SqlTransaction:
    """One open transaction. Balance rows are written by ``flush``, last; hints run after the commit."""

    __slots__ = (
        "accounts",
        "claims",
        "collections",
        "escrows",
        "events",
        "guard",
        "hints",
        "jobs",
        "journal",
        "keys",
        "lanes",
        "ledger",
        "line",
        "links",
        "loops",
        "messages",
        "pruning",
        "records",
        "replays",
        "requests",
        "statistics",
        "styles",
        "teams",
        "touched_lanes",
        "verdicts",
        "webhooks",
        "workers",
        "writes",
    )

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
        connection = self.line.seen
        self.hints: list[Callable[[], None]] = []
        self.touched_lanes: list[int] = []
        self.journal = Journal(connection)
        self.keys = SharedKeys(connection, self.writes)
        self.escrows = Escrows(connection, self.writes)
        self.ledger = Ledger(self.line, self.writes, memory, keys=self.keys, escrows=self.escrows)
        self.accounts = Accounts(self.line, memory, self.ledger)
        self.links = Links(connection, memory)
        self.records = Records(connection)
        self.requests = Requests(self.line, self.writes)
        self.jobs = Jobs(
            self.line, self.writes, requests=self.requests, ledger=self.ledger, touched_lanes=self.touched_lanes
        )
        self.claims = Claims(self.line, self.writes, memory)
        self.workers = Workers(self.line, self.writes, memory)
        self.teams = Teams(connection, memory)
        self.messages = Messages(connection)
        self.events = Events(self.line, self.writes, clock, memory)
        self.lanes = Lanes(self.line, memory)
        self.verdicts = Verdicts(self.line, self.writes)
        self.loops = Loops(connection)
        self.statistics = Statistics(connection)
        self.pruning = Pruning(connection)
        self.styles = Styles(connection)
        self.collections = Collections(connection)
        self.guard = Guard(connection)
        self.webhooks = Webhooks(connection)
        self.replays = Replays(connection)

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
        self.keys.flush()
        self.escrows.flush()
        self.ledger.flush()


def connection_of(tx: Transaction | ReadTransaction) -> sa.Connection:
    """Return the connection of a transaction, for the bots' own tables in the same database and for nothing else."""
    if not isinstance(tx, SqlTransaction):
        message = f"{type(tx).__name__} is not a transaction of this store."
        raise TypeError(message)
    tx.writes.flush()
    return tx.line.connection
