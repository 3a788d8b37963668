"""Tips that wait for their minute, and the pots of sponsors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "bots_0003"
down_revision = "bots_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tables are there, empty."""
    op.create_table(
        "bot_tips",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("giver_id", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("giver_name", sa.Text(), nullable=False),
        sa.Column("from_account", sa.BigInteger(), nullable=False),
        sa.Column("to_account", sa.BigInteger(), nullable=False),
        sa.Column("amount_mk", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("platform", "message_id", "giver_id", "mark", name="uq_bot_tips_key"),
    )
    op.create_index("ix_bot_tips_due", "bot_tips", ["state", "due_ms"])
    op.create_index("ix_bot_tips_giver", "bot_tips", ["platform", "giver_id"])
    op.create_table(
        "bot_pots",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sponsor_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("budget_mk", sa.BigInteger(), nullable=False),
        sa.Column("member_day_mk", sa.BigInteger()),
        sa.Column("request_mk", sa.BigInteger()),
        sa.Column("moves", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("opened_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_at_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_bot_pots_community", "bot_pots", ["platform", "community", "state"])
    op.create_table(
        "bot_pot_payments",
        sa.Column("commission_id", sa.Text(), nullable=False),
        sa.Column("pot_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("commission_id"),
        sa.ForeignKeyConstraint(["commission_id"], ["commissions.id"], name="fk_bot_pot_payments_commission"),
        sa.ForeignKeyConstraint(["pot_id"], ["bot_pots.id"], name="fk_bot_pot_payments_pot"),
    )
    op.create_index("ix_bot_pot_payments_member", "bot_pot_payments", ["pot_id", "member_id", "at_ms"])


def downgrade() -> None:
    """The tables are gone."""
    for name in ("bot_pot_payments", "bot_pots", "bot_tips"):
        op.drop_table(name)
