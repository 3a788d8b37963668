"""What another horde makes for us: the orders and what came of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "bots_0004"
down_revision = "bots_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The two tables are there, empty."""
    op.create_table(
        "remote_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("models", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger()),
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("price_mk", sa.BigInteger(), nullable=False),
        sa.Column("spent_mk", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("remote_id", sa.Text()),
        sa.Column("is_adopted", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("strangers", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("looks", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("wants_cancel", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("progress", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("reason_code", sa.Text(), nullable=False, server_default=""),
        sa.Column("asked_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_remote_requests"),
        sa.UniqueConstraint("account_id", "idempotency_key", name="uq_remote_requests_key"),
        sa.UniqueConstraint("remote_id", name="uq_remote_requests_remote"),
    )
    op.create_index("ix_remote_requests_due", "remote_requests", ["state", "due_ms"])
    op.create_index("ix_remote_requests_account", "remote_requests", ["account_id", "state"])
    op.create_index("ix_remote_requests_ended", "remote_requests", ["ended_at_ms"])
    op.create_table(
        "remote_results",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "ordinal", name="pk_remote_results"),
        sa.ForeignKeyConstraint(["request_id"], ["remote_requests.id"], name="fk_remote_results_request"),
    )


def downgrade() -> None:
    """They are gone, and with them what was on its way."""
    op.drop_table("remote_results")
    op.drop_table("remote_requests")
