"""Nothing yet: kept for words, so that those who build side by side have one chain."""

revision = "bots_0005"
down_revision = "bots_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is changed."""


def downgrade() -> None:
    """Nothing is changed."""
