"""The engine's first tables: people, ledger, queue, work and what happened."""

import sqlalchemy as sa
from alembic import op

revision = "core_0001"
down_revision = None
branch_labels = ("core",)
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _partial(name: str, table: str, columns: list[str], *, state: str) -> None:
    rows = sa.text(f"state = '{state}'")
    op.create_index(name, table, columns, sqlite_where=rows, postgresql_where=rows)


def upgrade() -> None:
    """The tables are there, and in them the three accounts of the system: anonymous, mint and treasury."""
    _create_people()
    _create_ledger()
    _create_requests()
    _create_work()
    _create_results()
    _create_happenings()
    _create_system_accounts()
    if op.get_bind().dialect.name == "sqlite":
        _guard_journal()


def downgrade() -> None:
    """None of the tables is there."""
    for table in (
        "loop_runs",
        "incidents",
        "verdicts",
        "event_cursors",
        "events",
        "results",
        "leases",
        "workers",
        "jobs",
        "lanes",
        "requests",
        "holds",
        "ledger_snapshots",
        "transfers",
        "balances",
        "identities",
        "api_keys",
        "accounts",
    ):
        op.drop_table(table)


def _create_people() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", _number(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("moderator", sa.Boolean(), nullable=False),
        sa.Column("guest", sa.Boolean(), nullable=False),
        sa.Column("hot", sa.Boolean(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_keys",
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("key_hash"),
    )
    op.create_index("ix_api_keys_account", "api_keys", ["account_id"])
    op.create_table(
        "identities",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("platform", "external_id"),
    )
    op.create_index("ix_identities_account", "identities", ["account_id"])


def _create_ledger() -> None:
    op.create_table(
        "balances",
        sa.Column("account_id", _number(), autoincrement=False, nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("posted_mk", sa.BigInteger(), nullable=False),
        sa.Column("held_mk", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("account_id", "slot"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "transfers",
        sa.Column("seq", _number(), nullable=False),
        sa.Column("transfer_id", sa.Text(), nullable=False),
        sa.Column("from_id", _number(), nullable=False),
        sa.Column("to_id", _number(), nullable=False),
        sa.Column("amount_mk", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["from_id"], ["accounts.id"]),
        sa.ForeignKeyConstraint(["to_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("transfer_id"),
    )
    op.create_index("ix_transfers_from", "transfers", ["from_id", "seq"])
    op.create_index("ix_transfers_to", "transfers", ["to_id", "seq"])
    op.create_table(
        "ledger_snapshots",
        sa.Column("account_id", _number(), autoincrement=False, nullable=False),
        sa.Column("transfer_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("posted_mk", sa.BigInteger(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("account_id", "transfer_seq"),
    )
    op.create_table(
        "holds",
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("amount_mk", sa.BigInteger(), nullable=False),
        sa.Column("posted_mk", sa.BigInteger(), nullable=False),
        sa.Column("returned_mk", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("posted_mk >= 0 AND returned_mk >= 0 AND posted_mk + returned_mk <= amount_mk"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("hold_id"),
    )
    _partial("ix_holds_pending", "holds", ["expires_at_ms"], state="pending")


def _create_requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("job_price_mk", sa.BigInteger(), nullable=False),
        sa.Column("asked_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("cancelled_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("finished_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "idempotency_key", name="uq_requests_key"),
    )
    _partial("ix_requests_open", "requests", ["expires_at_ms"], state="open")
    op.create_table(
        "lanes",
        sa.Column("id", _number(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("models", sa.Text(), nullable=False),
        sa.Column("needs", sa.Integer(), nullable=False),
        sa.Column("size_class", sa.Integer(), nullable=False),
        sa.Column("step_class", sa.Integer(), nullable=False),
        sa.Column("allow", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("lane_id", _number(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("price_mk", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease_id", sa.Text(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["lane_id"], ["lanes.id"]),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    _partial("ix_jobs_leased", "jobs", ["lane_id"], state="leased")
    op.create_index("ix_jobs_request", "jobs", ["request_id", "ordinal"])
    _partial("ix_jobs_waiting", "jobs", ["lane_id", "due_ms", "id"], state="waiting")
    _partial("ix_jobs_waiting_account", "jobs", ["account_id", "lane_id", "due_ms", "id"], state="waiting")


def _create_work() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("start_id", sa.Text(), nullable=True),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("registered_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("jobs_done", sa.Integer(), nullable=False),
        sa.Column("job_ms", sa.BigInteger(), nullable=False),
        sa.Column("kudos_mk", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_index("ix_workers_seen", "workers", ["last_seen_at_ms"])
    op.create_table(
        "leases",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("granted_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("ttl_s", sa.Integer(), nullable=False),
        sa.Column("reports", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"]),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    _partial("ix_leases_active", "leases", ["expires_at_ms"], state="active")
    _partial("ix_leases_active_worker", "leases", ["worker_id"], state="active")
    op.create_index("ix_leases_job", "leases", ["job_id"])


def _create_results() -> None:
    op.create_table(
        "results",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("lease_id", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("gen_metadata", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"]),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"]),
        sa.PrimaryKeyConstraint("job_id"),
    )
    op.create_index("ix_results_request", "results", ["request_id"])


def _create_happenings() -> None:
    op.create_table(
        "events",
        sa.Column("seq", _number(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_request", "events", ["request_id", "seq"])
    op.create_table(
        "event_cursors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("moved_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "verdicts",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"]),
        sa.PrimaryKeyConstraint("request_id"),
    )
    op.create_table(
        "incidents",
        sa.Column("id", _number(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_group", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_incidents_account", "incidents", ["account_id", "made_at_ms"])
    op.create_table(
        "loop_runs",
        sa.Column("loop", sa.Text(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("begun_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("loop", "due_ms"),
    )


def _create_system_accounts() -> None:
    accounts = sa.table(
        "accounts",
        sa.column("id"),
        sa.column("name"),
        sa.column("trusted"),
        sa.column("moderator"),
        sa.column("guest"),
        sa.column("hot"),
        sa.column("created_at_ms"),
    )
    common = {"trusted": False, "moderator": False, "created_at_ms": 0}
    op.bulk_insert(
        accounts,
        [
            {"id": -2, "name": "Treasury", "guest": False, "hot": False, **common},
            {"id": -1, "name": "Mint", "guest": False, "hot": False, **common},
            {"id": 0, "name": "Anonymous", "guest": True, "hot": True, **common},
        ],
    )


def _guard_journal() -> None:
    # A transfer is never changed or deleted: the database itself says no.
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER transfers_no_{verb.lower()} BEFORE {verb} ON transfers "
            "BEGIN SELECT RAISE(ABORT, 'a transfer is never changed or deleted'); END"
        )
