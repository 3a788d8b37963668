"""The local timeline."""

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
)

from bots.store.tables.base import metadata

commons_posts = Table(
    "commons_posts",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("idempotency_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("account_id", BigInteger),
    Column("text", Text, nullable=False),
    Column("in_reply_to", BigInteger),
    Column("visibility", Text, nullable=False),
    Column("body", Text, nullable=False, server_default="{}"),
    Column("hidden", Boolean, nullable=False, server_default=false()),
    Column("created_at_ms", BigInteger, nullable=False),
    UniqueConstraint("idempotency_key", name="uq_commons_posts_key"),
    Index("ix_commons_posts_parent", "in_reply_to"),
    Index("ix_commons_posts_kind", "kind", "id"),
    sqlite_autoincrement=True,
)

commons_votes = Table(
    "commons_votes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("post_id", BigInteger, ForeignKey("commons_posts.id", name="fk_commons_votes_post"), nullable=False),
    Column("voter_id", Text, nullable=False),
    Column("voter_name", Text, nullable=False),
    Column("value", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    UniqueConstraint("post_id", "voter_id", name="uq_commons_votes_voter"),
    sqlite_autoincrement=True,
)
