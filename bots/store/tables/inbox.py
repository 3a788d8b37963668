"""What came in, how far each platform is read, and who runs it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Table,
    Text,
    UniqueConstraint,
)

from bots.store.tables.base import metadata

inbox = Table(
    "inbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("platform", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("received_at_ms", BigInteger, nullable=False),
    UniqueConstraint("platform", "event_id", name="uq_inbox_event"),
    Index("ix_inbox_state", "state", "id"),
)

cursors = Table(
    "bot_cursors",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("position", Text, nullable=False),
    Column("moved_at_ms", BigInteger, nullable=False),
)

leases = Table(
    "bot_leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("beats", BigInteger, nullable=False),
    Column("taken_at_ms", BigInteger, nullable=False),
)
