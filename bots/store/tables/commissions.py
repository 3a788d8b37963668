"""What became of each summons."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from bots.store.tables.base import metadata

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
    Column("place", Text, nullable=False, server_default=text("''")),
    Column("account_id", BigInteger),
    Column("request_id", Text),
    Column("prompt", Text, nullable=False, server_default=text("''")),
    Column("order_text", Text, nullable=False, server_default=text("''")),
    Column("style", Text, nullable=False, server_default=text("''")),
    Column("style_version", Text, nullable=False, server_default=text("''")),
    Column("private", Boolean, nullable=False, server_default=false()),
    Column("spoiler", Boolean, nullable=False, server_default=false()),
    Column("nsfw", Boolean, nullable=False, server_default=false()),
    Column("kind", Text, nullable=False, server_default="image"),
    Column("source", Text, nullable=False, server_default=text("''")),
    Column("notes", Text, nullable=False, server_default=text("''")),
    Column("told_chars", Integer, nullable=False, server_default="0"),
    Column("price_mk", BigInteger, nullable=False, server_default="0"),
    Column("balance_mk", BigInteger, nullable=False, server_default="0"),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("changed_at_ms", BigInteger, nullable=False),
    UniqueConstraint("request_id", name="uq_commissions_request"),
    Index("ix_commissions_state", "state"),
    Index("ix_commissions_author", "platform", "author_id", "id"),
)
