"""The bots' tables: what came in, what became of it, what goes out, and the local timeline."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData()

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

commissions = Table(
    "commissions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("platform", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("remote_id", Text, nullable=False),
    Column("visibility", Text, nullable=False),
    Column("account_id", BigInteger),
    Column("request_id", Text),
    Column("prompt", Text, nullable=False, server_default=text("''")),
    Column("order_text", Text, nullable=False, server_default=text("''")),
    Column("style", Text, nullable=False, server_default=text("''")),
    Column("style_version", Text, nullable=False, server_default=text("''")),
    Column("private", Boolean, nullable=False, server_default=false()),
    Column("spoiler", Boolean, nullable=False, server_default=false()),
    Column("price_mk", BigInteger, nullable=False, server_default="0"),
    Column("balance_mk", BigInteger, nullable=False, server_default="0"),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("changed_at_ms", BigInteger, nullable=False),
    UniqueConstraint("request_id", name="uq_commissions_request"),
    Index("ix_commissions_state", "state"),
    Index("ix_commissions_author", "platform", "author_id", "id"),
)

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
