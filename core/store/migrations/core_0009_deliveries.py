"""Webhooks with their deliveries and secrets, and the answers to calls that may come again."""

import sqlalchemy as sa
from alembic import op

revision = "core_0009"
down_revision = "core_0008"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = sa.text("state = 'waiting'")
_OVER = sa.text("ended_at_ms IS NOT NULL")


def upgrade() -> None:
    """The tables are there."""
    op.create_table(
        "webhooks",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("account_id", _NUMBER, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("request_id"),
    )
    op.create_index("ix_webhooks_at", "webhooks", ["at_ms"])
    op.create_table(
        "webhook_secrets",
        sa.Column("account_id", _NUMBER, sa.ForeignKey("accounts.id"), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("turned_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", _NUMBER, nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text()),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger()),
        sa.Column("status", sa.Integer()),
        sa.Column("why", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_deliveries_request", "deliveries", ["request_id"])
    op.create_index("ix_deliveries_waiting", "deliveries", ["due_ms"], sqlite_where=_WAITING, postgresql_where=_WAITING)
    op.create_index("ix_deliveries_over", "deliveries", ["ended_at_ms"], sqlite_where=_OVER, postgresql_where=_OVER)
    op.create_table(
        "replays",
        sa.Column("account_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key"),
    )
    op.create_index("ix_replays_at", "replays", ["at_ms"])


def downgrade() -> None:
    """They are gone."""
    for table in ("replays", "deliveries", "webhook_secrets", "webhooks"):
        op.drop_table(table)
