"""Three kinds of work."""

revision = "core_0002"
down_revision = "core_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Requests have a kind and one price, results a body."""


def downgrade() -> None:
    """Only pictures are asked for."""
