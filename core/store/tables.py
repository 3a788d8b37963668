"""The engine's tables; the migrations make the same ones, which a test compares."""

from typing import Final

import sqlalchemy as sa

metadata: Final = sa.MetaData()
_NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

WAITING: Final = sa.text("state = 'waiting'")
LEASED: Final = sa.text("state = 'leased'")
ACTIVE: Final = sa.text("state = 'active'")
PENDING: Final = sa.text("state = 'pending'")
OPEN: Final = sa.text("state = 'open'")


def _partial(name: str, *columns: str, where: sa.TextClause) -> sa.Index:
    """Return an index over the rows of one state; a statement must spell the state out to use it."""
    return sa.Index(name, *columns, sqlite_where=where, postgresql_where=where)


accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("trusted", sa.Boolean, nullable=False),
    sa.Column("moderator", sa.Boolean, nullable=False),
    sa.Column("guest", sa.Boolean, nullable=False),
    sa.Column("hot", sa.Boolean, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("key_hash", sa.Text, primary_key=True),
    sa.Column("account_id", _NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_api_keys_account", "account_id"),
)

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("platform", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("account_id", _NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_identities_account", "account_id"),
)

balances = sa.Table(
    "balances",
    metadata,
    sa.Column("account_id", _NUMBER, sa.ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("posted_mk", sa.BigInteger, nullable=False),
    sa.Column("held_mk", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

transfers = sa.Table(
    "transfers",
    metadata,
    sa.Column("seq", _NUMBER, primary_key=True),
    sa.Column("transfer_id", sa.Text, nullable=False, unique=True),
    sa.Column("from_id", _NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("to_id", _NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("amount_mk", sa.BigInteger, sa.CheckConstraint("amount_mk > 0"), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_transfers_from", "from_id", "seq"),
    sa.Index("ix_transfers_to", "to_id", "seq"),
)

ledger_snapshots = sa.Table(
    "ledger_snapshots",
    metadata,
    sa.Column("account_id", _NUMBER, sa.ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    sa.Column("transfer_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("posted_mk", sa.BigInteger, nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
)

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("hold_id", sa.Text, primary_key=True),
    sa.Column("account_id", _NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("amount_mk", sa.BigInteger, nullable=False),
    sa.Column("posted_mk", sa.BigInteger, nullable=False),
    sa.Column("returned_mk", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.CheckConstraint("posted_mk >= 0 AND returned_mk >= 0 AND posted_mk + returned_mk <= amount_mk"),
    _partial("ix_holds_pending", "expires_at_ms", where=PENDING),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", _NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("draft", sa.Text, nullable=False),
    sa.Column("job_price_mk", sa.BigInteger, nullable=False),
    sa.Column("asked_at_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Column("cancelled_at_ms", sa.BigInteger),
    sa.Column("finished_at_ms", sa.BigInteger),
    sa.Column("idempotency_key", sa.Text),
    sa.UniqueConstraint("account_id", "idempotency_key", name="uq_requests_key"),
    _partial("ix_requests_open", "expires_at_ms", where=OPEN),
)

lanes = sa.Table(
    "lanes",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("models", sa.Text, nullable=False),
    sa.Column("needs", sa.Integer, nullable=False),
    sa.Column("size_class", sa.Integer, nullable=False),
    sa.Column("step_class", sa.Integer, nullable=False),
    sa.Column("allow", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("request_id", sa.Text, sa.ForeignKey("requests.id"), nullable=False),
    sa.Column("account_id", _NUMBER, nullable=False),
    sa.Column("lane_id", _NUMBER, sa.ForeignKey("lanes.id"), nullable=False),
    sa.Column("due_ms", sa.BigInteger, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("price_mk", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("lease_id", sa.Text),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("steps", sa.Integer, nullable=False),
    sa.Column("ended_at_ms", sa.BigInteger),
    sa.Index("ix_jobs_request", "request_id", "ordinal"),
    _partial("ix_jobs_waiting", "lane_id", "due_ms", "id", where=WAITING),
    _partial("ix_jobs_waiting_account", "account_id", "lane_id", "due_ms", "id", where=WAITING),
    _partial("ix_jobs_leased", "lane_id", where=LEASED),
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
    _partial("ix_leases_active", "expires_at_ms", where=ACTIVE),
    _partial("ix_leases_active_worker", "worker_id", where=ACTIVE),
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
    sa.Index("ix_results_request", "request_id"),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", _NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
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

events = sa.Table(
    "events",
    metadata,
    sa.Column("seq", _NUMBER, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("account_id", _NUMBER, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_events_request", "request_id", "seq"),
    sqlite_autoincrement=True,
)

event_cursors = sa.Table(
    "event_cursors",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("moved_at_ms", sa.BigInteger, nullable=False),
)

verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("request_id", sa.Text, sa.ForeignKey("requests.id"), primary_key=True),
    sa.Column("allowed", sa.Boolean, nullable=False),
    sa.Column("rule", sa.Text),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
)

incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True),
    sa.Column("account_id", _NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("rule_group", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_incidents_account", "account_id", "made_at_ms"),
)

loop_runs = sa.Table(
    "loop_runs",
    metadata,
    sa.Column("loop", sa.Text, primary_key=True),
    sa.Column("due_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("begun_at_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_at_ms", sa.BigInteger),
    sa.Column("outcome", sa.Text, nullable=False),
)
