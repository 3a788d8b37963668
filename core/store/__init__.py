"""The store: SQLAlchemy Core behind the ports; SQL of the engine is written here and nowhere else."""

from core.store.sqlite.unit_of_work import SqliteUnitOfWork
from core.store.transaction import connection_of

__all__ = ["SqliteUnitOfWork", "connection_of"]
