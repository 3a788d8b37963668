"""What every table stands on: the metadata, the type of numbers, and indexes over the rows of one state."""

from typing import Final

import sqlalchemy as sa

metadata: Final = sa.MetaData()
NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

WAITING: Final = sa.text("state = 'waiting'")
LEASED: Final = sa.text("state = 'leased'")
ACTIVE: Final = sa.text("state = 'active'")
PENDING: Final = sa.text("state = 'pending'")
OPEN: Final = sa.text("state = 'open'")
ENDED: Final = sa.text("finished_at_ms IS NOT NULL")
OWED: Final = sa.text("uptime_ms >= uptime_rewarded_ms + 600000")
GIFTS: Final = sa.text("reason = 'gift'")


def partial(name: str, *columns: str, where: sa.TextClause) -> sa.Index:
    """Return an index over the rows of one state; a statement must spell the state out to use it."""
    return sa.Index(name, *columns, sqlite_where=where, postgresql_where=where)
