"""Who wants to be left alone or forgotten, how fast people write, and which pictures are not safe for work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "bots_0006"
down_revision = "bots_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tables are there, empty; no commission is marked."""
    op.create_table(
        "bot_opt_outs",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "external_id"),
    )
    op.create_table(
        "bot_paces",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("left_m", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("platform", "external_id"),
    )
    op.create_table(
        "bot_forgets",
        sa.Column("commission_id", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("commission_id"),
        sa.ForeignKeyConstraint(["commission_id"], ["commissions.id"], name="fk_bot_forgets_commission"),
    )
    op.add_column("commissions", sa.Column("nsfw", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """The tables and the mark are gone."""
    with op.batch_alter_table("commissions") as batch:
        batch.drop_column("nsfw")
    for name in ("bot_forgets", "bot_paces", "bot_opt_outs"):
        op.drop_table(name)
