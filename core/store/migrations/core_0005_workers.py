"""Workers' owners' wishes, messages, suspicions and teams."""

import sqlalchemy as sa
from alembic import op

revision = "core_0005"
down_revision = "core_0004"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OWED = sa.text("uptime_ms >= uptime_rewarded_ms + 600000")
COUNTERS = {
    "jobs_faulted": sa.Integer,
    "jobs_aborted": sa.Integer,
    "aborted_hour": sa.BigInteger,
    "things_done": sa.BigInteger,
    "speed_milli": sa.BigInteger,
    "uptime_ms": sa.BigInteger,
    "uptime_rewarded_ms": sa.BigInteger,
    "uptime_kudos_mk": sa.BigInteger,
}
FLAGS = ("maintenance", "paused")
TEXTS = {"kind": "image", "about": "", "maintenance_message": ""}


def upgrade() -> None:
    """The tables are there."""
    for name, default in TEXTS.items():
        op.add_column("workers", sa.Column(name, sa.Text, nullable=False, server_default=default))
    for name in FLAGS:
        op.add_column("workers", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()))
    for name, type_ in COUNTERS.items():
        op.add_column("workers", sa.Column(name, type_, nullable=False, server_default="0"))
    op.add_column("workers", sa.Column("archived_at_ms", sa.BigInteger))
    op.create_index("ix_workers_account", "workers", ["account_id"])
    op.create_index("ix_workers_owed", "workers", ["id"], sqlite_where=OWED, postgresql_where=OWED)
    _make_messages_and_suspicions()
    _make_teams()


def _make_messages_and_suspicions() -> None:
    """What is said to workers, and what is held against them."""
    op.create_table(
        "worker_messages",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("worker_id", sa.Text, sa.ForeignKey("workers.id")),
        sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id")),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("made_by", NUMBER, sa.ForeignKey("accounts.id")),
        sa.Column("made_at_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_worker_messages_expiry", "worker_messages", ["expires_at_ms"])
    op.create_table(
        "worker_suspicions",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("worker_id", sa.Text, sa.ForeignKey("workers.id"), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_worker_suspicions_worker", "worker_suspicions", ["worker_id"])


def _make_teams() -> None:
    """Teams with their totals, and which worker is in which."""
    op.create_table(
        "teams",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger, nullable=False),
        sa.Column("jobs_done", sa.BigInteger, nullable=False),
        sa.Column("kudos_mk", sa.BigInteger, nullable=False),
        sa.Column("uptime_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "team_workers",
        sa.Column("worker_id", sa.Text, sa.ForeignKey("workers.id"), primary_key=True),
        sa.Column("team_id", sa.Text, sa.ForeignKey("teams.id"), nullable=False),
        sa.Column("joined_at_ms", sa.BigInteger, nullable=False),
        sa.Column("counted_jobs", sa.BigInteger, nullable=False),
        sa.Column("counted_kudos_mk", sa.BigInteger, nullable=False),
        sa.Column("counted_uptime_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_team_workers_team", "team_workers", ["team_id"])


def downgrade() -> None:
    """They are gone."""
    for table in ("team_workers", "teams", "worker_suspicions", "worker_messages"):
        op.drop_table(table)
    for index in ("ix_workers_owed", "ix_workers_account"):
        op.drop_index(index, "workers")
    for name in ("archived_at_ms", *COUNTERS, *FLAGS, *TEXTS):
        op.drop_column("workers", name)
