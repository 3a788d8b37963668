"""Leases, so that one process at a time reads and writes a platform, and an index for one platform's due posts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "bots_0002"
down_revision = "bots_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table of leases is there, empty, and the index of the outbox by platform."""
    op.create_table(
        "bot_leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("beats", sa.BigInteger(), nullable=False),
        sa.Column("taken_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_bot_leases"),
    )
    op.create_index("ix_outbox_platform", "outbox", ["platform", "state", "next_at_ms"])


def downgrade() -> None:
    """Both are gone; whoever runs then must see to it that a platform has one process."""
    op.drop_index("ix_outbox_platform", table_name="outbox")
    op.drop_table("bot_leases")
