"""What only PostgreSQL needs."""

revision = "core_0003"
down_revision = "core_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Events know the transaction that wrote them; the journal refuses changes there too."""


def downgrade() -> None:
    """They do not."""
