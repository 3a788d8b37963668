"""Styles and collections."""

import sqlalchemy as sa

from core.store.tables.base import NUMBER, metadata

styles = sa.Table(
    "styles",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("params", sa.Text, nullable=False),
    sa.Column("models", sa.Text, nullable=False),
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("examples", sa.Text, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("public", sa.Boolean, nullable=False),
    sa.Column("nsfw", sa.Boolean, nullable=False),
    sa.Column("shared_key_id", sa.Text, sa.ForeignKey("shared_keys.id")),
    sa.Column("uses", sa.BigInteger, nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("account_id", "kind", "name"),
    sa.Index("ix_styles_name", "name"),
)

collections = sa.Table(
    "collections",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("public", sa.Boolean, nullable=False),
    sa.Column("uses", sa.BigInteger, nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("account_id", "name"),
    sa.Index("ix_collections_name", "name"),
)

collection_styles = sa.Table(
    "collection_styles",
    metadata,
    sa.Column("collection_id", sa.Text, sa.ForeignKey("collections.id"), primary_key=True),
    sa.Column("style_id", sa.Text, sa.ForeignKey("styles.id"), primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Index("ix_collection_styles_style", "style_id"),
)
