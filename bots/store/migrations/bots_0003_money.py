"""Nothing yet: kept for money, so that those who build side by side have one chain."""

revision = "bots_0003"
down_revision = "bots_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is changed."""


def downgrade() -> None:
    """Nothing is changed."""
