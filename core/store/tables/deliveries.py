"""Webhooks, their deliveries and secrets; and answers to calls that may come again."""

import sqlalchemy as sa

from core.store.tables.base import NUMBER, WAITING, metadata, partial

OVER = sa.text("ended_at_ms IS NOT NULL")

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("account_id", NUMBER, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_webhooks_at", "at_ms"),
)

webhook_secrets = sa.Table(
    "webhook_secrets",
    metadata,
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("turned_at_ms", sa.BigInteger, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", NUMBER, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("job_id", sa.Text),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("counts", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due_ms", sa.BigInteger, nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_at_ms", sa.BigInteger),
    sa.Column("status", sa.Integer),
    sa.Column("why", sa.Text),
    sa.Index("ix_deliveries_request", "request_id"),
    partial("ix_deliveries_waiting", "due_ms", where=WAITING),
    partial("ix_deliveries_over", "ended_at_ms", where=OVER),
)

replays = sa.Table(
    "replays",
    metadata,
    sa.Column("account_id", NUMBER, primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_replays_at", "at_ms"),
)
