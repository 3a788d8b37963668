"""The account that stands for other hordes."""

from alembic import op

revision = "core_0011"
down_revision = "core_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The account is there: it gets what other hordes' work costs those who asked for it here."""
    op.execute(
        "INSERT INTO accounts (id, name, trusted, moderator, guest, hot, created_at_ms) "
        "VALUES (-4, 'Other hordes', false, false, false, false, 0) ON CONFLICT (id) DO NOTHING"
    )


def downgrade() -> None:
    """It is gone, but where transfers name it."""
    op.execute("DELETE FROM ledger_snapshots WHERE account_id = -4")
    op.execute(
        "DELETE FROM accounts WHERE id = -4 AND NOT EXISTS (SELECT 1 FROM transfers WHERE from_id = -4 OR to_id = -4)"
    )
