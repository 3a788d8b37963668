"""Parties, who was at them, and in which thread a commission was asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "bots_0007"
down_revision = "bots_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tables are there, empty; no commission is in a thread."""
    op.create_table(
        "parties",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opener_id", sa.Text(), nullable=False),
        sa.Column("opener_name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("style", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("award_mk", sa.BigInteger(), nullable=False),
        sa.Column("guests_max", sa.Integer(), nullable=False),
        sa.Column("ends_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["id"], ["commissions.id"], name="fk_parties_commission"),
    )
    op.create_index("ix_parties_state", "parties", ["state", "ends_at_ms"])
    op.create_index("ix_parties_place", "parties", ["platform", "place"])
    op.create_table(
        "party_guests",
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("party_id", "account_id"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_party_guests_party"),
    )
    op.add_column("commissions", sa.Column("place", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """The tables and the column are gone."""
    with op.batch_alter_table("commissions") as batch:
        batch.drop_column("place")
    for name in ("party_guests", "parties"):
        op.drop_table(name)
