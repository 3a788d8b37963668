"""Requests, jobs, lanes, leases and results."""

import sqlalchemy as sa

from core.store.tables.base import ACTIVE, ENDED, LEASED, NUMBER, OPEN, WAITING, metadata, partial

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False, server_default="image"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("draft", sa.Text, nullable=False),
    sa.Column("price_mk", sa.BigInteger, nullable=False),
    sa.Column("asked_at_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Column("cancelled_at_ms", sa.BigInteger),
    sa.Column("finished_at_ms", sa.BigInteger),
    sa.Column("idempotency_key", sa.Text),
    sa.UniqueConstraint("account_id", "idempotency_key", name="uq_requests_key"),
    sa.Index("ix_requests_account", "account_id", "asked_at_ms", "id"),
    partial("ix_requests_open", "expires_at_ms", where=OPEN),
    partial("ix_requests_ended", "finished_at_ms", where=ENDED),
)

lanes = sa.Table(
    "lanes",
    metadata,
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("models", sa.Text, nullable=False),
    sa.Column("needs", sa.Integer, nullable=False),
    sa.Column("size_class", sa.Integer, nullable=False),
    sa.Column("length_class", sa.Integer, nullable=False),
    sa.Column("allow", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("request_id", sa.Text, sa.ForeignKey("requests.id"), nullable=False),
    sa.Column("account_id", NUMBER, nullable=False),
    sa.Column("lane_id", NUMBER, sa.ForeignKey("lanes.id"), nullable=False),
    sa.Column("due_ms", sa.BigInteger, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("price_mk", sa.BigInteger, nullable=False),
    sa.Column("worth_mk", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("lease_id", sa.Text),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("steps", sa.Integer, nullable=False),
    sa.Column("ended_at_ms", sa.BigInteger),
    sa.Index("ix_jobs_request", "request_id", "ordinal"),
    partial("ix_jobs_waiting", "lane_id", "due_ms", "id", where=WAITING),
    partial("ix_jobs_waiting_account", "account_id", "lane_id", "due_ms", "id", where=WAITING),
    partial("ix_jobs_leased", "lane_id", where=LEASED),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.id"), nullable=False),
    sa.Column("worker_id", sa.Text, sa.ForeignKey("workers.id"), nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("granted_at_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_at_ms", sa.BigInteger),
    sa.Column("ttl_s", sa.Integer, nullable=False),
    sa.Column("reports", sa.Boolean, nullable=False),
    sa.Index("ix_leases_job", "job_id"),
    partial("ix_leases_active", "expires_at_ms", where=ACTIVE),
    partial("ix_leases_active_worker", "worker_id", where=ACTIVE),
)

results = sa.Table(
    "results",
    metadata,
    sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.id"), primary_key=True),
    sa.Column("request_id", sa.Text, sa.ForeignKey("requests.id"), nullable=False),
    sa.Column("lease_id", sa.Text, nullable=False),
    sa.Column("worker_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("object_key", sa.Text, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("gen_metadata", sa.Text, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("width_px", sa.Integer, nullable=False),
    sa.Column("height_px", sa.Integer, nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text),
    sa.Index("ix_results_request", "request_id"),
)
