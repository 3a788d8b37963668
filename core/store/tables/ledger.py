"""The journal, the holds and the cached balances."""

import sqlalchemy as sa

from core.store.tables.base import NUMBER, PENDING, metadata, partial

balances = sa.Table(
    "balances",
    metadata,
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("posted_mk", sa.BigInteger, nullable=False),
    sa.Column("held_mk", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

transfers = sa.Table(
    "transfers",
    metadata,
    sa.Column("seq", NUMBER, primary_key=True),
    sa.Column("transfer_id", sa.Text, nullable=False, unique=True),
    sa.Column("from_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("to_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
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
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    sa.Column("transfer_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("posted_mk", sa.BigInteger, nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
)

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("hold_id", sa.Text, primary_key=True),
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("amount_mk", sa.BigInteger, nullable=False),
    sa.Column("posted_mk", sa.BigInteger, nullable=False),
    sa.Column("returned_mk", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.CheckConstraint("posted_mk >= 0 AND returned_mk >= 0 AND posted_mk + returned_mk <= amount_mk"),
    partial("ix_holds_pending", "expires_at_ms", where=PENDING),
)
