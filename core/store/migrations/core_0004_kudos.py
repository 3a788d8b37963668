"""Shared keys, escrow, grants and roles."""

import sqlalchemy as sa
from alembic import op

revision = "core_0004"
down_revision = "core_0003"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _account_columns() -> list[sa.Column[object]]:
    flags = ("flagged", "service", "education", "customizer", "special", "vpn", "public_workers")
    return [
        *(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()) for name in flags),
        sa.Column("waiting_max", sa.Integer(), nullable=True),
        sa.Column("workers_max", sa.Integer(), nullable=True),
        sa.Column("worker_invited", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("suspicions", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("monthly_mk", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("monthly_paid_mk", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("monthly_paid_for", sa.Text(), nullable=False, server_default=""),
        sa.Column("contact", sa.Text(), nullable=False, server_default=""),
        sa.Column("profile", sa.Text(), nullable=False, server_default=""),
        sa.Column("admin_comment", sa.Text(), nullable=False, server_default=""),
        sa.Column("deleted_at_ms", sa.BigInteger(), nullable=True),
    ]


def upgrade() -> None:
    """Accounts have roles and limits, keys can be lent with a budget, and rewards can wait in an escrow."""
    for column in _account_columns():
        op.add_column("accounts", column)
    op.add_column("holds", sa.Column("shared_key_id", sa.Text(), nullable=True))
    gifts = sa.text("reason = 'gift'")
    op.create_index(
        "ix_transfers_gifts",
        "transfers",
        ["from_id", "to_id", "seq"],
        sqlite_where=gifts,
        postgresql_where=gifts,
    )
    op.create_table(
        "escrows",
        sa.Column("account_id", _number(), autoincrement=False, nullable=False),
        sa.Column("escrow_mk", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("escrow_mk >= 0"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "shared_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("budget_mk", sa.BigInteger(), nullable=False),
        sa.Column("reserved_mk", sa.BigInteger(), nullable=False),
        sa.Column("utilized_mk", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("max_image_pixels", sa.Integer(), nullable=False),
        sa.Column("max_image_steps", sa.Integer(), nullable=False),
        sa.Column("max_text_tokens", sa.Integer(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("reserved_mk >= 0 AND utilized_mk >= 0"),
        sa.CheckConstraint("budget_mk = -1 OR reserved_mk + utilized_mk <= budget_mk"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_shared_keys_account", "shared_keys", ["account_id"])
    op.execute(
        "INSERT INTO accounts (id, name, trusted, moderator, guest, hot, created_at_ms) "
        "VALUES (-3, 'Escrow', false, false, false, false, 0) ON CONFLICT (id) DO NOTHING"
    )


def downgrade() -> None:
    """They are gone, but for the escrow's account where transfers name it."""
    op.drop_index("ix_shared_keys_account", "shared_keys")
    op.drop_table("shared_keys")
    op.drop_table("escrows")
    op.drop_index("ix_transfers_gifts", "transfers")
    op.drop_column("holds", "shared_key_id")
    for column in reversed(_account_columns()):
        op.drop_column("accounts", column.name)
    op.execute("DELETE FROM ledger_snapshots WHERE account_id = -3")
    op.execute(
        "DELETE FROM accounts WHERE id = -3 AND NOT EXISTS (SELECT 1 FROM transfers WHERE from_id = -3 OR to_id = -3)"
    )
