"""The transaction as use cases get it: the nouns over one connection."""

from collections.abc import Callable

import sqlalchemy as sa

from core.ports.clock import Clock
from core.ports.store import ReadTransaction, Transaction
from core.store.memory import Memory
from core.store.postgres.locks import is_postgres
from core.store.rows.kudos.escrows import Escrows
from core.store.rows.kudos.journal import Journal
from core.store.rows.kudos.keys import SharedKeys
from core.store.rows.kudos.ledger import Ledger
from core.store.rows.people.accounts import Accounts
from core.store.rows.people.messages import Messages
from core.store.rows.people.teams import Teams
from core.store.rows.people.workers import Workers
from core.store.rows.queue.jobs import Jobs
from core.store.rows.queue.lanes import Lanes
from core.store.rows.queue.requests import Requests
from core.store.rows.record.events import Events
from core.store.rows.record.loops import Loops
from core.store.rows.record.pruning import Pruning
from core.store.rows.record.statistics import Statistics
from core.store.rows.record.verdicts import Verdicts


class SqlTransaction:
    """One open transaction. Balance rows are written by ``flush``, last; hints run after the commit."""

    __slots__ = (
        "accounts",
        "connection",
        "escrows",
        "events",
        "hints",
        "jobs",
        "journal",
        "keys",
        "lanes",
        "ledger",
        "loops",
        "messages",
        "pruning",
        "requests",
        "statistics",
        "teams",
        "touched_lanes",
        "verdicts",
        "workers",
    )

    def __init__(self, connection: sa.Connection, memory: Memory, clock: Clock) -> None:
        """Stand over a connection whose transaction is already open."""
        self.connection = connection
        self.hints: list[Callable[[], None]] = []
        self.touched_lanes: list[int] = []
        self.journal = Journal(connection)
        self.keys = SharedKeys(connection)
        self.escrows = Escrows(connection)
        self.ledger = Ledger(connection, memory, keys=self.keys, escrows=self.escrows)
        self.accounts = Accounts(connection, memory, self.ledger)
        self.requests = Requests(connection)
        self.jobs = Jobs(connection, self.touched_lanes)
        self.workers = Workers(connection, memory)
        self.teams = Teams(connection, memory)
        self.messages = Messages(connection)
        self.events = Events(connection, clock, memory)
        self.lanes = Lanes(connection, memory)
        self.verdicts = Verdicts(connection)
        self.loops = Loops(connection)
        self.statistics = Statistics(connection)
        self.pruning = Pruning(connection)

    @property
    def is_postgres(self) -> bool:
        """Whether this is PostgreSQL; else it is SQLite."""
        return is_postgres(self.connection)

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
    return tx.connection
