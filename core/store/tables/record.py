"""What happened: events, verdicts, runs of the loops.

On PostgreSQL events have one more column, ``xid``, which says which transaction wrote them (``core_0003``).
"""

import sqlalchemy as sa

from core.store.tables.base import NUMBER, metadata

events = sa.Table(
    "events",
    metadata,
    sa.Column("seq", NUMBER, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("account_id", NUMBER, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_events_request", "request_id", "seq"),
    sqlite_autoincrement=True,
)

event_cursors = sa.Table(
    "event_cursors",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("xid", sa.BigInteger, nullable=False, server_default="0"),
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
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
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
