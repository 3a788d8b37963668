"""Workers."""

import sqlalchemy as sa

from core.store.tables.base import NUMBER, metadata

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("start_id", sa.Text),
    sa.Column("offer", sa.Text, nullable=False),
    sa.Column("registered_at_ms", sa.BigInteger, nullable=False),
    sa.Column("last_seen_at_ms", sa.BigInteger, nullable=False),
    sa.Column("jobs_done", sa.Integer, nullable=False),
    sa.Column("job_ms", sa.BigInteger, nullable=False),
    sa.Column("kudos_mk", sa.BigInteger, nullable=False),
    sa.Index("ix_workers_seen", "last_seen_at_ms"),
)
