"""What a commission is for, which picture it works on, what was changed of it, and how much of a text was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "bots_0005"
down_revision = "bots_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every commission so far is for a drawn picture."""
    op.add_column("commissions", sa.Column("kind", sa.Text(), nullable=False, server_default="image"))
    op.add_column("commissions", sa.Column("source", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("commissions", sa.Column("notes", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("commissions", sa.Column("told_chars", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """The columns are gone."""
    with op.batch_alter_table("commissions") as batch:
        for name in ("told_chars", "notes", "source", "kind"):
            batch.drop_column(name)
