"""Codes that join purses, and the merges that came of them."""

import sqlalchemy as sa

from core.store.tables.base import NUMBER, metadata

link_codes = sa.Table(
    "link_codes",
    metadata,
    sa.Column("code_hash", sa.Text, primary_key=True),
    sa.Column("platform", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_link_codes_identity", "platform", "external_id"),
)

link_tries = sa.Table(
    "link_tries",
    metadata,
    sa.Column("platform", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("since_ms", sa.BigInteger, nullable=False),
)

merges = sa.Table(
    "merges",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("from_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("to_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("identities", sa.Text, nullable=False),
    sa.Column("moved_mk", sa.BigInteger, nullable=False),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Column("undone_at_ms", sa.BigInteger),
    sa.Index("ix_merges_to", "to_id"),
)
