"""What people think of the pictures that are shown."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    Table,
    Text,
)

from bots.store.tables.base import metadata

votes = Table(
    "votes",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("voter_id", Text, primary_key=True),
    Column("value", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

ratings = Table(
    "ratings",
    metadata,
    Column("commission_id", Text, ForeignKey("commissions.id", name="fk_ratings_commission"), primary_key=True),
    Column("up", Integer, nullable=False),
    Column("down", Integer, nullable=False),
    Column("changed_at_ms", BigInteger, nullable=False),
)
