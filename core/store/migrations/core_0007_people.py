"""What each account has done and earned in all, its proxy's pass key, and an index for its own requests."""

import sqlalchemy as sa
from alembic import op

revision = "core_0007"
down_revision = "core_0006"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The tables, the column and the index are there."""
    op.add_column("accounts", sa.Column("proxy_passkey", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "account_usage",
        sa.Column("account_id", _NUMBER, sa.ForeignKey("accounts.id"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("jobs", sa.BigInteger(), nullable=False),
        sa.Column("things", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "kind"),
    )
    op.create_table(
        "account_kudos",
        sa.Column("account_id", _NUMBER, sa.ForeignKey("accounts.id"), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("earned_mk", sa.BigInteger(), nullable=False),
        sa.Column("spent_mk", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "reason"),
    )
    op.create_table(
        "journal_marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("ix_requests_account", "requests", ["account_id", "asked_at_ms", "id"])


def downgrade() -> None:
    """They are gone."""
    op.drop_index("ix_requests_account", "requests")
    for table in ("journal_marks", "account_kudos", "account_usage"):
        op.drop_table(table)
    op.drop_column("accounts", "proxy_passkey")
