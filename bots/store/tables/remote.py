"""What another horde makes for us: the orders and what came of them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from bots.store.tables.base import metadata

remote_requests = Table(
    "remote_requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", BigInteger, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("models", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("jobs", Integer, nullable=False),
    Column("seed", BigInteger),
    Column("hold_id", Text, nullable=False),
    Column("price_mk", BigInteger, nullable=False),
    Column("spent_mk", BigInteger, nullable=False, server_default="0"),
    Column("remote_id", Text),
    Column("is_adopted", Boolean, nullable=False, server_default=false()),
    Column("strangers", Text, nullable=False, server_default=text("'[]'")),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("looks", Integer, nullable=False, server_default="0"),
    Column("due_ms", BigInteger, nullable=False),
    Column("wants_cancel", Boolean, nullable=False, server_default=false()),
    Column("progress", Text, nullable=False, server_default=text("'{}'")),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("reason_code", Text, nullable=False, server_default=text("''")),
    Column("asked_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("changed_at_ms", BigInteger, nullable=False),
    Column("ended_at_ms", BigInteger),
    UniqueConstraint("account_id", "idempotency_key", name="uq_remote_requests_key"),
    UniqueConstraint("remote_id", name="uq_remote_requests_remote"),
    Index("ix_remote_requests_due", "state", "due_ms"),
    Index("ix_remote_requests_account", "account_id", "state"),
    Index("ix_remote_requests_ended", "ended_at_ms"),
)

remote_results = Table(
    "remote_results",
    metadata,
    Column("request_id", Text, ForeignKey("remote_requests.id", name="fk_remote_results_request"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)
