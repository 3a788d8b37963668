"""Accounts, their keys and their identities."""

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
