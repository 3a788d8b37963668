"""Accounts, their keys and identities, and what each has done and earned in all."""

import sqlalchemy as sa

from core.store.tables.base import NUMBER, metadata

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("trusted", sa.Boolean, nullable=False),
    sa.Column("moderator", sa.Boolean, nullable=False),
    sa.Column("guest", sa.Boolean, nullable=False),
    sa.Column("hot", sa.Boolean, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("flagged", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("service", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("education", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("customizer", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("special", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("vpn", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("public_workers", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("waiting_max", sa.Integer),
    sa.Column("workers_max", sa.Integer),
    sa.Column("worker_invited", sa.Integer, nullable=False, server_default="0"),
    sa.Column("suspicions", sa.Integer, nullable=False, server_default="0"),
    sa.Column("monthly_mk", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("monthly_paid_mk", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("monthly_paid_for", sa.Text, nullable=False, server_default=""),
    sa.Column("contact", sa.Text, nullable=False, server_default=""),
    sa.Column("profile", sa.Text, nullable=False, server_default=""),
    sa.Column("admin_comment", sa.Text, nullable=False, server_default=""),
    sa.Column("deleted_at_ms", sa.BigInteger),
    sa.Column("proxy_passkey", sa.Text, nullable=False, server_default=""),
    sa.Column("merged_into", sa.BigInteger),
    sqlite_autoincrement=True,
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("key_hash", sa.Text, primary_key=True),
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_api_keys_account", "account_id"),
)

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("platform", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_identities_account", "account_id"),
)

account_usage = sa.Table(
    "account_usage",
    metadata,
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("requests", sa.BigInteger, nullable=False),
    sa.Column("jobs", sa.BigInteger, nullable=False),
    sa.Column("things", sa.BigInteger, nullable=False),
)

account_kudos = sa.Table(
    "account_kudos",
    metadata,
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("earned_mk", sa.BigInteger, nullable=False),
    sa.Column("spent_mk", sa.BigInteger, nullable=False),
)

# How far the journal is in ``account_kudos``: one row.
journal_marks = sa.Table(
    "journal_marks",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
)
