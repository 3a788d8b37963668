"""Workers' owners' wishes, messages, suspicions and teams."""

revision = "core_0005"
down_revision = "core_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tables are there."""


def downgrade() -> None:
    """They are gone."""
