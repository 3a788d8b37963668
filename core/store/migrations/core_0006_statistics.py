"""Statistics in bounded tables, and what pruning needs: an index, and up to when it went."""

import sqlalchemy as sa
from alembic import op

revision = "core_0006"
down_revision = "core_0005"
branch_labels = None
depends_on = None

_SUMS = (
    "jobs",
    "things",
    "price_mk",
    "reward_mk",
    "waited_ms",
    "worked_ms",
    "requests",
    "faulted",
    "cancelled",
    "expired",
)
_WAITS = (*(f"waits_{bound}s" for bound in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200)), "waits_longer")


def upgrade() -> None:
    """The tables are there."""
    op.create_table(
        "tallies",
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in (*_SUMS, *_WAITS)),
        sa.PrimaryKeyConstraint("period", "start_ms", "kind", "model"),
    )
    op.create_table(
        "crowds",
        sa.Column("minute_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("workers", "threads", "waiting", "processing")),
        sa.PrimaryKeyConstraint("minute_ms", "kind"),
    )
    op.create_table(
        "horizons",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    rows = sa.text("finished_at_ms IS NOT NULL")
    op.create_index("ix_requests_ended", "requests", ["finished_at_ms"], sqlite_where=rows, postgresql_where=rows)


def downgrade() -> None:
    """They are gone."""
    op.drop_index("ix_requests_ended", "requests")
    for table in ("horizons", "crowds", "tallies"):
        op.drop_table(table)
