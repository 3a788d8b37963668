"""The journal, the holds, the cached balances, escrows and shared keys."""

import sqlalchemy as sa

from core.store.tables.base import GIFTS, NUMBER, PENDING, metadata, partial

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
    partial("ix_transfers_gifts", "from_id", "to_id", "seq", where=GIFTS),
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
    sa.Column("shared_key_id", sa.Text),
    sa.CheckConstraint("posted_mk >= 0 AND returned_mk >= 0 AND posted_mk + returned_mk <= amount_mk"),
    partial("ix_holds_pending", "expires_at_ms", where=PENDING),
)

escrows = sa.Table(
    "escrows",
    metadata,
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    sa.Column("escrow_mk", sa.BigInteger, nullable=False),
    sa.CheckConstraint("escrow_mk >= 0"),
)

shared_keys = sa.Table(
    "shared_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("budget_mk", sa.BigInteger, nullable=False),
    sa.Column("reserved_mk", sa.BigInteger, nullable=False),
    sa.Column("utilized_mk", sa.BigInteger, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger),
    sa.Column("max_image_pixels", sa.Integer, nullable=False),
    sa.Column("max_image_steps", sa.Integer, nullable=False),
    sa.Column("max_text_tokens", sa.Integer, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("revoked_at_ms", sa.BigInteger),
    sa.CheckConstraint("reserved_mk >= 0 AND utilized_mk >= 0"),
    sa.CheckConstraint("budget_mk = -1 OR reserved_mk + utilized_mk <= budget_mk"),
    sa.Index("ix_shared_keys_account", "account_id"),
)
