"""Statistics in bounded tables, and up to when old rows were pruned."""

import sqlalchemy as sa

from core.domain.statistics import WAIT_BOUNDS_S
from core.store.tables.base import metadata

SUMS = (
    "jobs",
    "things",
    "price_mk",
    "reward_mk",
    "waited_ms",
    "worked_ms",
    "requests",
    "faulted",
    "cancelled",
    "expired",
)
WAITS = (*(f"waits_{bound}s" for bound in WAIT_BOUNDS_S), "waits_longer")

tallies = sa.Table(
    "tallies",
    metadata,
    sa.Column("period", sa.Text, primary_key=True),
    sa.Column("start_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    *(sa.Column(name, sa.BigInteger, nullable=False) for name in (*SUMS, *WAITS)),
)

crowds = sa.Table(
    "crowds",
    metadata,
    sa.Column("minute_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    *(sa.Column(name, sa.Integer, nullable=False) for name in ("workers", "threads", "waiting", "processing")),
)

horizons = sa.Table(
    "horizons",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
)
