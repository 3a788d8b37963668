"""Workers, what is said to them and held against them, and teams."""

import sqlalchemy as sa

from core.store.tables.base import NUMBER, OWED, metadata, partial

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("start_id", sa.Text),
    sa.Column("offer", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("maintenance", sa.Boolean, nullable=False),
    sa.Column("maintenance_message", sa.Text, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("registered_at_ms", sa.BigInteger, nullable=False),
    sa.Column("last_seen_at_ms", sa.BigInteger, nullable=False),
    sa.Column("archived_at_ms", sa.BigInteger),
    sa.Column("jobs_done", sa.Integer, nullable=False),
    sa.Column("jobs_faulted", sa.Integer, nullable=False),
    sa.Column("jobs_aborted", sa.Integer, nullable=False),
    sa.Column("aborted_hour", sa.BigInteger, nullable=False),
    sa.Column("things_done", sa.BigInteger, nullable=False),
    sa.Column("job_ms", sa.BigInteger, nullable=False),
    sa.Column("speed_milli", sa.BigInteger, nullable=False),
    sa.Column("kudos_mk", sa.BigInteger, nullable=False),
    sa.Column("uptime_ms", sa.BigInteger, nullable=False),
    sa.Column("uptime_rewarded_ms", sa.BigInteger, nullable=False),
    sa.Column("uptime_kudos_mk", sa.BigInteger, nullable=False),
    sa.Index("ix_workers_seen", "last_seen_at_ms"),
    sa.Index("ix_workers_account", "account_id"),
    partial("ix_workers_owed", "id", where=OWED),
)

worker_messages = sa.Table(
    "worker_messages",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("worker_id", sa.Text, sa.ForeignKey("workers.id")),
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id")),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("made_by", NUMBER, sa.ForeignKey("accounts.id")),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_worker_messages_expiry", "expires_at_ms"),
)

worker_suspicions = sa.Table(
    "worker_suspicions",
    metadata,
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("worker_id", sa.Text, sa.ForeignKey("workers.id"), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_worker_suspicions_worker", "worker_id"),
    sqlite_autoincrement=True,
)

teams = sa.Table(
    "teams",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Column("jobs_done", sa.BigInteger, nullable=False),
    sa.Column("kudos_mk", sa.BigInteger, nullable=False),
    sa.Column("uptime_ms", sa.BigInteger, nullable=False),
)

# The three counted columns are the worker's own totals as the team has taken them in so far.
team_workers = sa.Table(
    "team_workers",
    metadata,
    sa.Column("worker_id", sa.Text, sa.ForeignKey("workers.id"), primary_key=True),
    sa.Column("team_id", sa.Text, sa.ForeignKey("teams.id"), nullable=False),
    sa.Column("joined_at_ms", sa.BigInteger, nullable=False),
    sa.Column("counted_jobs", sa.BigInteger, nullable=False),
    sa.Column("counted_kudos_mk", sa.BigInteger, nullable=False),
    sa.Column("counted_uptime_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_team_workers_team", "team_id"),
)
