"""Statistics in bounded tables."""

revision = "core_0006"
down_revision = "core_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tables are there."""


def downgrade() -> None:
    """They are gone."""
