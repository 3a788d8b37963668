"""Codes that join purses, the merges that came of them, and where a merged account's purse is now."""

import sqlalchemy as sa
from alembic import op

revision = "core_0010"
down_revision = "core_0009"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The tables are there, and no account is merged into another."""
    op.add_column("accounts", sa.Column("merged_into", sa.BigInteger()))
    op.create_table(
        "link_codes",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index("ix_link_codes_identity", "link_codes", ["platform", "external_id"])
    op.create_table(
        "link_tries",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "external_id"),
    )
    op.create_table(
        "merges",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("from_id", _NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("to_id", _NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("identities", sa.Text(), nullable=False),
        sa.Column("moved_mk", sa.BigInteger(), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("undone_at_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_merges_to", "merges", ["to_id"])


def downgrade() -> None:
    """They are gone."""
    for table in ("merges", "link_tries", "link_codes"):
        op.drop_table(table)
    op.drop_column("accounts", "merged_into")
