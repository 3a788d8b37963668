"""Everything of one database is copied into another, SQLite or PostgreSQL, in one transaction."""

from core.store.copy.copy import Copied, copy_database

__all__ = ["Copied", "copy_database"]
