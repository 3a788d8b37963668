"""The store: SQLAlchemy Core behind the ports; SQL of the engine is written here and nowhere else."""

from core.store.opening import Store, open_store
from core.store.postgres.locks import take_turn
from core.store.sqlite.unit_of_work import SqliteUnitOfWork
from core.store.transaction import connection_of

__all__ = ["SqliteUnitOfWork", "Store", "connection_of", "open_store", "take_turn"]
