"""Shared keys, escrow, grants and roles."""

revision = "core_0004"
down_revision = "core_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tables are there."""


def downgrade() -> None:
    """They are gone."""
