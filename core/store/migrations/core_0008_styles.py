"""Styles and collections; filters, time-outs of addresses and modes."""

import sqlalchemy as sa
from alembic import op

revision = "core_0008"
down_revision = "core_0007"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The tables are there."""
    op.create_table(
        "styles",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "about", "template", "params", "models")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("tags", "examples", "words")),
        sa.Column("public", sa.Boolean, nullable=False),
        sa.Column("nsfw", sa.Boolean, nullable=False),
        sa.Column("shared_key_id", sa.Text, sa.ForeignKey("shared_keys.id")),
        sa.Column("uses", sa.BigInteger, nullable=False),
        sa.Column("made_at_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("account_id", "kind", "name"),
    )
    op.create_index("ix_styles_name", "styles", ["name"])
    op.create_table(
        "collections",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("public", sa.Boolean, nullable=False),
        sa.Column("uses", sa.BigInteger, nullable=False),
        sa.Column("made_at_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("account_id", "name"),
    )
    op.create_index("ix_collections_name", "collections", ["name"])
    op.create_table(
        "collection_styles",
        sa.Column("collection_id", sa.Text, sa.ForeignKey("collections.id"), primary_key=True),
        sa.Column("style_id", sa.Text, sa.ForeignKey("styles.id"), primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
    )
    op.create_index("ix_collection_styles_style", "collection_styles", ["style_id"])
    _make_guard()


def _make_guard() -> None:
    """What moderators keep people out with."""
    op.create_table(
        "filters",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("pattern", sa.Text, nullable=False),
        sa.Column("type", sa.Integer, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("replacement", sa.Text, nullable=False),
        sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "address_blocks",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("address_hash", sa.Text),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_address_blocks_until", "address_blocks", ["until_ms"])
    op.create_table(
        "address_strikes",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("address_hash", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_address_strikes", "address_strikes", ["address_hash", "at_ms"])
    op.create_table(
        "worker_addresses",
        sa.Column("worker_id", sa.Text, sa.ForeignKey("workers.id"), primary_key=True),
        sa.Column("address_hash", sa.Text, nullable=False),
        sa.Column("seen_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "modes",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("is_on", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """They are gone."""
    for table in (
        "modes",
        "worker_addresses",
        "address_strikes",
        "address_blocks",
        "filters",
        "collection_styles",
        "collections",
        "styles",
    ):
        op.drop_table(table)
