"""What goes out."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bots.store.tables.base import metadata

outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("commission_id", Text, ForeignKey("commissions.id", name="fk_outbox_commission"), nullable=False),
    Column("platform", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at_ms", BigInteger, nullable=False),
    Column("waits_for", Text),
    Column("waits_until_ms", BigInteger),
    Column("unknown_since_ms", BigInteger),
    Column("absent_at_ms", BigInteger),
    Column("remote_id", Text),
    Column("remote_url", Text),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("changed_at_ms", BigInteger, nullable=False),
    UniqueConstraint("commission_id", "target", name="uq_outbox_target"),
    UniqueConstraint("idempotency_key", name="uq_outbox_key"),
    Index("ix_outbox_due", "state", "next_at_ms"),
    Index("ix_outbox_remote", "platform", "remote_id"),
    Index("ix_outbox_platform", "platform", "state", "next_at_ms"),
)
