"""Nothing yet: kept for money, so that those who build side by side have one chain."""

revision = "core_0010"
down_revision = "core_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is changed."""


def downgrade() -> None:
    """Nothing is changed."""
